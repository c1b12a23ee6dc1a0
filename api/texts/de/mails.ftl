# Welche E-Mails jemand bekommt.
mails-heading = E-Mails, die Sie bekommen
mails-about = Sie bekommen E-Mails über { $what }.
mails-no-more = Keine solchen mehr
mails-off = Sie bekommen keine solchen mehr
mails-off-what = E-Mails über { $what } sind abgestellt.
mails-on-again = Wieder bekommen
mails-in-any-case = E-Mails, die das Gesetz verlangt, und solche über etwas, das sich gegen Sie richtet oder Ihren Zugang betrifft, kommen in jedem Fall.
mails-decisions = den Ausgang von etwas, woran Sie beteiligt waren
mails-deadlines = Arbeit, die in einem Amt von Ihnen auf Sie wartet
mails-money = Geld, das kam oder ging, wie es sollte
mails-news = das, was gut zu wissen ist
