# Der Arbeitsplatz eines Betreibers.
operator-title = { $late ->
        [one] 1 verspätete Auszahlung
       *[other] { $late } verspätete Auszahlungen
    }, { $dead ->
        [one] 1 aufgegebener Auftrag
       *[other] { $dead } aufgegebene Aufträge
    }, { $mismatches ->
        [one] 1 Abweichung
       *[other] { $mismatches } Abweichungen
    }, { $frozen ->
        [one] 1 gesperrtes Buch
       *[other] { $frozen } gesperrte Bücher
    }
operator-what-an-operator-looks-after = Wonach ein Betreiber sieht
operator-as-of = Stand: { $now }.
operator-late-payouts = Verspätete Auszahlungen
operator-none-a-payout-is-late = Keine. Eine Auszahlung ist verspätet, wenn kein Kontoauszug sie rechtzeitig hat.
operator-sent-late = gesendet am { $sent }, verspätet ab { $late }
operator-jobs-that-were-given-up = Aufträge, die aufgegeben wurden
operator-none-a-job-is-given = Keine. Ein Auftrag wird aufgegeben, wenn er zu oft fehlgeschlagen ist.
operator-trying-one-again-asks-for = Einen noch einmal zu versuchen fragt nach Ihrem zweiten Faktor.
operator-tried = { $count ->
        [one] einmal versucht
       *[other] { $count }-mal versucht
    }
operator-given-up = aufgegeben am { $moment }
operator-try-it-again = Noch einmal versuchen
operator-of-the-installation-itself = von der Installation selbst
operator-what-banks-say-and-books = Was Banken sagen und Bücher nicht
operator-nothing-every-line-of-a = Nichts. Jede Zeile eines Kontoauszugs ist zugeordnet, und keine Abweichung wartet.
operator-days-ago = am { $day }, vor { $days ->
        [one] einem Tag
       *[other] { $days } Tagen
    }
operator-by-the-api = durch die API:
operator-those-who-keep-the-book = Wer das Buch führt, sagt, worum es bei einer Zeile geht; zwei davon buchen eine Abweichung und nehmen sie zurück, wenn sie geklärt ist.
operator-books-that-differ-from-themselves = Bücher, die von sich selbst abweichen
operator-none-such-a-book-takes = Keine. Ein solches Buch nimmt nichts auf, bis es freigegeben ist von denen, denen die Datenbank gehört.
operator-frozen-since = gesperrt seit { $moment }
operator-released-by = Sie nehmen nichts auf. Wenn die Ursache bekannt und behoben ist, gibt, wem die Datenbank gehört, eines mit <code>commonpurse book release</code> frei.
operator-invite-somebody-to-an-organisation = Jemanden in eine Organisation einladen
operator-there-is-no-organisation-yet = Noch gibt es keine Organisation.
operator-inviting-asks-for-your-second = Das Einladen fragt nach Ihrem zweiten Faktor.
operator-organisation = Organisation
operator-e-mail-address = E-Mail-Adresse
operator-field-role = Rolle
operator-a-link-is-mailed-to = Ein Link geht an die Adresse. Wer mit ihr angemeldet ist und innerhalb von 14 Tagen annimmt, hat die Rolle; bis dahin hat sie niemand.
operator-invite-them = Einladen
operator-role = { $role ->
        [owner] Eigentümerin oder Eigentümer
        [treasurer] Kassenführung
        [approver] Bewilligung von Auszahlungen
        [reviewer] Prüfung von Einreichungen
        [judge] Jury
        [auditor] Revision
        [member] Mitglied
       *[other] { $role }
    }
operator-why-reference = keine Auszahlung von diesem Konto hat ihren Verwendungszweck
operator-why-amount = was ihren Verwendungszweck hat, hat einen anderen Betrag
operator-why-state = was ihren Verwendungszweck hat, kann sich nicht so bewegen, oder noch nicht
operator-why-cash = nach dem Buch war weniger da, als abging
operator-why-reversal = Geld ging mit dem Verwendungszweck einer Spende ab
operator-why-frozen = was ihr Verwahrer hat, ist gesperrt
operator-left = { $amount } gingen ab
operator-came = { $amount } kamen
operator-more = { $amount } mehr bei der Bank als im Buch
operator-less = { $amount } weniger bei der Bank als im Buch
operator-moved = gebucht und nicht geklärt
operator-waits = wartet auf eine zweite Person
operator-due-again = Der Auftrag { $id } ist wieder fällig.
operator-invited = Eine Einladung von { $name } ist unterwegs.
