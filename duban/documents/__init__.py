"""Documents: the forms units fill in, the workbooks and reports that leave."""
