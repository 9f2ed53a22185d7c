"""Files: CSV, JSON Lines and Parquet in a folder, as a store."""
