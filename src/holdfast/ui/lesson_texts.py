"""What learn mode knows: how each family of models works, what each metric measures, how rows are split."""

from __future__ import annotations

from collections.abc import Mapping

FAMILIES: Mapping[str, str] = {
    "dummy": (
        "It looks at no column at all: it always gives the most frequent answer, or the mean. Whatever does not "
        "beat it has learned nothing."
    ),
    "majority": "It always gives the most frequent label. Whatever does not beat it has learned nothing.",
    "logistic-regression": (
        "Each column gets a weight. The weighted columns are added up, and the sum is squeezed between 0 and 1 by "
        "the sigmoid curve 1 / (1 + e⁻ˣ), or over several labels by softmax: that is the probability. `C` says "
        "how large weights may grow."
    ),
    "linear-regression": (
        "Each column gets a weight; the weighted columns are added up. The weights are those with the least "
        "squared error."
    ),
    "ridge": ("A linear model whose weights are kept small (`alpha`), so that no single column says too much."),
    "lasso": ("A linear model that sets weights to zero where a column does not help (`alpha`): it chooses columns."),
    "decision-tree": (
        "It asks one question after another, such as “is this column above 5?”, until few kinds of rows are left. "
        "A path from the top to a leaf can be read aloud."
    ),
    "random-forest": (
        "Hundreds of decision trees, each grown on other rows and other columns; they vote. One tree learns its "
        "rows by heart, many different ones do not."
    ),
    "extra-trees": ("A random forest whose trees also draw the questions by lot: still more different, and faster."),
    "hist-gradient-boosting": (
        "Trees one after another: each new one learns what all before it still get wrong, and adds a small step "
        "(`learning_rate`)."
    ),
    "lightgbm": "Boosted trees that always grow the leaf with the largest error.",
    "xgboost": "Boosted trees that weigh each step by how curved the error is.",
    "k-nearest-neighbours": (
        "It learns nothing in advance: it looks for the rows that are most alike and takes their answers. What is "
        "alike depends on scale, so columns are scaled first."
    ),
    "linear-svm": "It draws the straight border with the widest street between two classes.",
    "svm": (
        "It draws the border with the widest street between two classes; the kernel bends it. `gamma` says how "
        "near a row must be to matter."
    ),
    "neural-network": (
        "Layers of neurons: each adds up weighted inputs and bends the sum by an activation function, here ReLU, "
        "which keeps what is positive and cuts the rest. Backpropagation asks every weight how much it is to "
        "blame for the error, and moves it a little."
    ),
    "k-means": (
        "It puts centres among the rows, gives each row to the nearest, moves each centre to the middle of its "
        "rows, and repeats."
    ),
    "gaussian-mixture": "It lays bells over the rows; each group is a bell with its own width and direction.",
    "agglomerative": "It joins the two nearest groups again and again, from single rows upwards.",
    "hdbscan": "Groups are places where rows are dense; what lies in thin places belongs to none.",
    "isolation-forest": "Random cuts through the table: an odd row stands alone after few of them.",
    "tails": "It adds up how far out a row lies in each column.",
    "neighbours": "A row far from its neighbours is odd.",
    "local-outlier-factor": "A row in a thinner place than its neighbours is odd.",
    "pca": "It finds the few directions in which rows differ most, and forgets the rest.",
    "tf-idf": "Words are counted; a word that is rare elsewhere counts more. A linear model weighs them.",
    "embeddings": (
        "An encoder turns each text into a list of numbers in which texts of like meaning lie close; a linear "
        "model does the rest."
    ),
    "tfidf-linear": (
        "Words and pieces of words are counted; what is rare elsewhere weighs more (TF-IDF). Each gets a weight for "
        "each label, and the weights are added up."
    ),
    "tfidf-svm": (
        "Words and pieces of words are counted (TF-IDF); a support vector machine draws the widest street between "
        "the labels."
    ),
    "zero-shot": (
        "No example is learned from: an encoder compares each text with the description of each label, and the nearest "
        "wins."
    ),
    "embeddings-svm": (
        "An encoder turns each text into a list of numbers; a support vector machine draws the widest street between "
        "the labels, which may bend."
    ),
    "words-and-vectors": (
        "Two models vote: one counts words and their pieces (TF-IDF), which tells names and spellings; one looks at an "
        "encoder's numbers, which tell what is meant."
    ),
    "embeddings-linear-with-descriptions": (
        "As the linear model over an encoder's numbers, with the labels' descriptions as further examples."
    ),
    "fine-tuned": (
        "A language model that has read much already learns the task: all of its layers move a little. In each "
        "layer attention lets every word look at the others and take from those that matter to it."
    ),
    "dictionary": "Each word gets the tag that it had most often; what was never seen gets none.",
    "linear": "How a word looks (capitals, endings) and the words beside it are weighed; the weights are added up.",
    "baseline": "A fixed rule that learns nothing, such as the first sentences of a text. Models must beat it.",
    "as-it-is": "The encoder as it came, before this run taught it anything: what was taught must beat it.",
    "fine-tuning": (
        "A language model that has read much already learns the task: all of its layers move a little. In each "
        "layer attention lets every word look at the others and take from those that matter to it."
    ),
    "setfit": (
        "Pairs of examples teach an encoder which texts belong together, then a linear model learns the labels: "
        "much from a few examples."
    ),
    "cnn": ("Small windows slide over the picture and answer to edges, later layers to shapes made of edges."),
    "pixels-linear": "Each pixel's light gets a weight for each label, and the weights are added up.",
    "hog-svm": (
        "Edges are counted by direction in small cells of the picture, so that shapes count and light does not; a "
        "support vector machine draws the border between these counts."
    ),
    "mfcc-linear": "The shape of the sound's spectrum becomes some numbers; each gets a weight for each label.",
    "mfcc-svm": "The shape of the sound's spectrum becomes some numbers; a support vector machine draws the border.",
    "embeddings-linear": (
        "A network that has seen millions of others says what it sees; only one last layer is learned on top of that."
    ),
    "rnn": (
        "It reads a text word by word and carries one memory along, which every word rewrites: what came long ago "
        "fades."
    ),
    "gru": "It reads word by word, and two gates learn how much of the memory each word renews and how much it keeps.",
    "lstm": "It reads word by word; gates learn what to remember, what to forget, and what to say of the memory.",
    "gpt2": (
        "A transformer: for each word, attention weighs all words before it; layers of this, one above the other, say "
        "which word comes next."
    ),
    "base-model": "The model as it was before this run taught it anything: what was taught must beat it.",
    "full": "All weights of the model learn, a little at each step.",
    "lora": (
        "The model's weights stay as they are; beside them two narrow matrices learn what is to be added, a hundredth "
        "of the numbers or less."
    ),
    "qlora": "As LoRA, with the model's own weights shrunk to four bits, so that it fits on a smaller GPU.",
    "random": "It does anything, by chance: what is reached without learning.",
    "fixed-action": "It always does the same, whatever it sees; which action is best was tried beforehand.",
    "best-fixed-price": "It never changes the price; which price is best was tried beforehand.",
    "ppo": (
        "It tries, sees which actions turned out better than expected, and makes those likelier, but only a little at "
        "a time."
    ),
    "dqn": "It learns to say for each action how much reward will follow in the end, and takes the best.",
    "ensemble": ("Several models answer together, each with its weight: where they err differently, errors cancel."),
}
"""How a family works, by name."""

METRICS: Mapping[str, str] = {
    "accuracy": (
        "the share of rows that are answered rightly. With rare classes it flatters: always saying “no” can be "
        "right in 99 % of the rows."
    ),
    "balanced_accuracy": "accuracy with every class counting the same, however rare.",
    "macro_f1": "the mean over classes of F1, which is high only where precision and recall both are.",
    "f1": "high only where precision and recall both are.",
    "roc_auc": (
        "the chance that a row of the class gets a higher probability than one that is not of it: 0.5 is "
        "guessing, 1 is perfect."
    ),
    "average_precision": "precision, averaged over all ways to draw the line: the honest number for rare classes.",
    "log_loss": (
        "how surprised the model is by the truth: −log of the probability that it gave to the right answer. Sure "
        "and wrong costs most."
    ),
    "rmse": "the typical error in units of the target; large errors count more.",
    "mae": "the mean error in units of the target.",
    "r2": "the share of the ups and downs that is explained: 0 is as good as the mean, 1 is perfect.",
    "spearman": "whether rows are put in the right order, whatever the distances.",
    "silhouette": "how much nearer rows are to their own group than to the next: from −1 to 1.",
    "stability": "whether two halves of the rows lead to the same groups: 1 is the same.",
    "davies_bouldin": "how wide groups are compared with how far apart: lower is better.",
    "agreement": "how far detectors agree on which rows are odd.",
    "trustworthiness": "whether rows that lie together on the map lie together in truth.",
    "bits_per_byte": "how many bits each letter costs; it compares models that cut texts differently.",
    "mean_reward": "the reward of a whole episode, on average.",
    "reward": "what its answers were worth by the rule that was given, on average.",
    "reward_accuracy": "how often the answer that people preferred is scored higher.",
    "reward_margin": "by how much the preferred answer is scored higher.",
    "loss": "how surprised the model is by the right answer; lower is better.",
    "perplexity": "among how many pieces of text the model hesitates at each step: lower is better.",
}
"""What a metric measures, by name; continues “X is”."""

CURVES: Mapping[str, str] = {
    "loss": "Its surprise at the right answers: −log of the probability that it gave to them.",
    "score": "What the run goes by, on rows that it did not learn from.",
    "accuracy": "The share of right answers, on rows that it did not learn from.",
    "r2": "The share of the ups and downs that it explains, on rows that it did not learn from.",
    "mean_token_accuracy": "How often the likeliest next piece of text was the right one.",
    "mean_reward": "What an episode brought, on average of five that it played at that moment.",
    "reward": "What its answers were worth by the rule, on average.",
    "rewards/accuracies": "How often it held the better answer for the better one.",
    "rewards/margins": "By how much it prefers the better answer.",
    "rewards/chosen": "How much likelier the better answers became than they were to the base model.",
    "rewards/rejected": "How much likelier the worse answers became; below 0: less likely.",
    "kl": "How far it has gone from the base model.",
    "entropy": "How undecided it is: high where many next pieces seem as good, near 0 where one is sure.",
    "grad_norm": "How steep the error still is: how hard a step would pull at the weights if it were not held back.",
    "learning_rate": "How far a step moves the weights: less and less, so that it comes to rest.",
}
"""What a curve shows, by name, in the order in which people want to see them."""

_OWN_TEACHER = (
    "The text is its own teacher: at each piece of it the model says how likely each next piece is, then sees which "
    "one came. The loss is its surprise at that; each step moves its weights a little so that it is less surprised."
)
_TRIES = (
    "For each question it writes several answers, and the rule says what they are worth. What was worth more than {} "
    "gets likelier, what was worth less gets less likely. Nobody shows it a right answer."
)
HOW: Mapping[str, str] = {
    "": (
        "The loss says how surprised the model is by the right answers of the rows that it learns from: each step "
        "moves its weights a little so that it is less surprised."
    ),
    "language-modeling": _OWN_TEACHER,
    "llm-pretraining": _OWN_TEACHER,
    "llm-sft": (
        "It reads a question and says, piece by piece, how likely the given answer is. The loss is its surprise at "
        "each piece; each step moves its weights a little so that it is less surprised by such answers."
    ),
    "llm-dpo": (
        "It reads two answers to one question. The loss is small where the better one became likelier, and the worse "
        "one less likely, than they were to the base model: so it learns to prefer, and stays near what it was."
    ),
    "llm-kto": (
        "It reads single answers that people called good or bad. The loss is small where good ones became likelier, "
        "and bad ones less likely, than they were to the base model."
    ),
    "llm-reward": (
        "It reads two answers to one question and gives each a number. The loss is small where the answer that people "
        "preferred has the larger one."
    ),
    "llm-grpo": _TRIES.format("the mean of its group"),
    "llm-rloo": _TRIES.format("the mean of the others"),
    "llm-ppo": _TRIES.format("the mean of the others"),
    "reinforcement-learning": (
        "It learns by trying: it sees, does something, is paid, and sees what came of it. Nobody says what would have "
        "been right; what led to more pay is done more often."
    ),
}
"""How models of a task learn; that of "" is for all others."""

_AGAIN = (
    "During the search the rows to learn from were split again and again (cross-validation): fitted on one part, "
    "scored on the other. That is why scores of trials and the final score differ a little."
)
_HALVES = "During the search each model was fitted on one half of the rows and judged by the other half, both ways."
SPLITS: Mapping[str, str] = {
    **dict.fromkeys(("tabular-classification", "tabular-regression"), _AGAIN),
    **dict.fromkeys(("clustering", "anomaly-detection", "dimensionality-reduction"), _HALVES),
    "": (
        "During the search a part of the rows to learn from was kept aside: models were fitted on the rest and scored "
        "on that part. That is why scores of trials and the final score differ a little."
    ),
}
"""How rows were split during the search, by task; that of "" is for all others."""
