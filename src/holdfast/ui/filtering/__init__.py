"""What list pages show of filters: titles, words for values, addresses of every choice. It knows no HTML and no SQL."""
