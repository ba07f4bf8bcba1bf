"""Which checks miss an aim, and why. Apart from the checks, so that what is said of a draw does not change the draw."""

SHORTFALLS: dict[str, str] = {
    "Effect with a drift as before": "bias: the estimate itself is the plain one and carries the drift; its interval "
    "allows for it, and holds more often than promised.",
    "families of outcomes": "coverage and size, in the row that is not adjusted alone: there, the naive way, six "
    "chances to be wrong are taken for one.",
    "Shrunken value of a program": "size: equal programs are all drawn to their common mean, so hardly any interval "
    "lies beside it; that is what shrinkage is for.",
}
