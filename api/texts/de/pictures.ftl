# Wörter in Bildern, und was sie zeigen.
pictures-way-paid = ausgezahlt
pictures-way-owed = freigegeben
pictures-way-held = verwahrt
pictures-way-other = Gebühren und der Rest
pictures-way-returned = zurückgegeben
pictures-way-what = Links alles, was eingegangen ist; von dort ein Band für jedes Ende des Weges, so hoch wie das, was dorthin ging: ausgezahlt, freigegeben, verwahrt, Gebühren und der Rest, zurückgegeben. Die Tabelle darunter hat die Zahlen.
pictures-months-what = Ein Balken für jeden Monat, so hoch wie das, was in ihm einging.
pictures-months-what-waits = Ein Balken für jeden Monat, so hoch wie das, was in ihm einging; was wartet, steht schraffiert darüber.
pictures-months-goal = Die Linie ist das Ziel eines Monats.
pictures-table-below = Die Tabelle darunter hat die Zahlen.
pictures-purse-what = Ein Balken, so lang wie das Preisgeld, gefüllt, so weit Geld eingegangen ist, dunkler, so weit Preise vergeben sind, und geteilt, wo ein Preis endet und der nächste beginnt. Die Tabelle darunter hat die Zahlen.
pictures-line-what = Eine Linie mit vier Stationen: geplant, zurückgelegt, eingereicht, freigegeben. Sie ist gefüllt, so weit der Meilenstein gekommen ist. Die Tabelle darunter hat die Zahlen.
pictures-badge = { $part } von { $whole }
