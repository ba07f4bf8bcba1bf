"""Speed and memory, as ratios measured side by side in one run against what one would run instead."""
