# On every page.
page-title = { $title } · commonpurse
