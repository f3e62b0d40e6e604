"""Pages of the feed: posts, stories, photos, moderation."""
