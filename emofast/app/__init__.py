"""The browser: live view, film room, photo and leaderboard as pages that are served on this machine only."""
