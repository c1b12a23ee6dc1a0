# Auf jeder Seite.
page-title = { $title } · commonpurse
