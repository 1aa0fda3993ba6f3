"""The room where one is: SimCord's Preview, and the way in which our page may show it."""
