"""Alpha Vantage REST. Source: www.alphavantage.co/documentation (from documentation, none recorded here)."""
