"""What tasks take and give: kinds of values, specifications, predictors. Imports no model library."""
