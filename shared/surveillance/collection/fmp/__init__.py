"""Financial Modeling Prep REST. Source: site.financialmodelingprep.com/developer/docs (from documentation)."""
