"""How much of a model a community needs: arithmetic, no Discord and no judge."""
