"""Pages for people who have a link: no account, no script, in their language.

They know neither the database nor the routes: whoever answers a request says what to show.
"""
