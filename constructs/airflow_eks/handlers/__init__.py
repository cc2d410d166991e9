"""Programs of Lambda functions, each a module. They run on what AWS Lambda's Python brings, and nothing else."""
