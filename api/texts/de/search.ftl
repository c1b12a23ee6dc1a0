# Die Suche nach Buchungen.
search-title =
    { $count ->
        [one] Buchungen von { $name }: 1 Zeile gefunden
       *[other] Buchungen von { $name }: { $count } Zeilen gefunden
    }
search-title-more = Buchungen von { $name }: { $count } Zeilen und mehr gefunden
search-heading = Eine Buchung suchen
search-wrong =
    { $field ->
        [amount] Betrag: { $why }
        [from] Ab diesem Tag: { $why }
        [to] Bis zu diesem Tag: { $why }
       *[other] { $field }: { $why }
    }
search-hidden = Was von einer einzelnen Zahlung erzählt, wird von außen nicht gefunden: Zahlungen stehen als Summen da.
search-amount = Betrag einer Zeile
search-amount-such = 130.00
search-no-amount = eine Dezimalzahl mit Punkt wie 130.00, größer als null
search-number = Nummer der Buchung
search-number-or-about = Nummer der Buchung oder worum es geht
search-look = Suchen
search-found = Was gefunden wurde
search-entry-accounts = Buchung und die Konten in Soll und Haben
search-line-amount = Betrag
search-entry = Buchung { $entry }
search-nothing = Keine solche Zeile unter den neuesten, die angesehen wurden.
