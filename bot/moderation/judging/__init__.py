"""From a message seen to a verdict, a plan, and the plan carried out."""
