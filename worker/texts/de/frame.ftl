# Was jede E-Mail umgibt.
frame-by-a-machine = Diese E-Mail hat eine Maschine geschrieben; niemand liest Antworten darauf.
frame-of-a-sandbox = Diese E-Mail ist von einem Übungsbuch: Es wurde kein Geld bewegt, und sie ging an niemanden.
frame-because = Sie bekommen diese E-Mail, weil { $why }.
frame-always = Sie lässt sich nicht abstellen.
frame-no-more = Keine E-Mails mehr über { $about }
frame-may-be-turned-off = E-Mails über { $about } lassen sich abstellen: PUT /v1/me/mail-preferences.
frame-waiting = Was auf Sie wartet
frame-gifts = Was Sie gegeben haben, zum Ansehen, Ändern oder Beenden; der Link gehört Ihnen allein
frame-about-decisions = den Ausgang von etwas, woran Sie beteiligt waren
frame-about-deadlines = Arbeit, die in einem Amt von Ihnen auf Sie wartet
frame-about-money = Geld, das kam oder ging, wie es sollte
frame-about-news = das, was gut zu wissen ist
