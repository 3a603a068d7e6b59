"""One check a file. Each takes `Bars`, adds to `Findings` and gives the bars back, mended or thinned."""
