"""Windows of GTK. They show a session; the document is changed by the effects alone."""
