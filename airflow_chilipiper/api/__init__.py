"""What can be asked of Chili Piper: requests as values, answers as models, errors. No decisions."""
