"""The clerk's pages: sign in, issue, see it become final, change its status."""
