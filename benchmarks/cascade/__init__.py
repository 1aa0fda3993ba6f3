"""Does the cascade keep its promise, and what does it save?"""
