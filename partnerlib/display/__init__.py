"""Figures and tables that carry their title, their n, a note, an alternative text and the data behind them."""
