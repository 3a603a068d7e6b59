"""Where the library meets AWS: the only package that knows boto3, the environment and the wall clock."""
