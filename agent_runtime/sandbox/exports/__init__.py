"""What the sandbox CRM and its neighbours export, one file of rows per module."""
