"""What a card shows, where it is posted and when: faces, routes, shared cards, raids, rate limits."""
