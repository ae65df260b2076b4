"""The screens of the bench, one file each."""
