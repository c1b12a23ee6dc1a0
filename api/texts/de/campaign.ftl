# Die Seite einer Kampagne.
campaign-of = Eine Kampagne von { $host }. Stand: { $day }.
campaign-held-by = Das Geld wird verwahrt von { $names }, { $count ->
        [one] Verwahrer
       *[other] Verwahrer
    }.
campaign-held-by-more = Das Geld wird verwahrt von { $names } und anderen, Verwahrer.
campaign-verdict = Die Entscheidung fiel am { $day }: { $verdict }.
campaign-verdict-counted = Die Entscheidung fiel am { $day }: { $verdict }, gezählt wurden { $counted }.
campaign-verdict-successful = erfolgreich
campaign-verdict-failed = nicht erfolgreich
campaign-no-verdict = Die Entscheidung ist noch nicht gefallen.
campaign-months = Monat für Monat
campaign-no-month = Kein Monat wird gezeigt: Bisher haben weniger als fünf Menschen gespendet, und was Einzelne geben, erzählen nur sie selbst.
campaign-months-how = Was Einzelne geben, erzählen nur sie selbst: Zahlungen zählen zu fünft oder mehr, in dem Monat, in dem die fünfte kam. Die neuesten warten vielleicht auf die nächste Summe.
campaign-months-label = Was Monat für Monat einging
campaign-month = Monat
campaign-collected-column = Eingegangen
campaign-waiting-column = Wartet
campaign-before = Davor
campaign-waiting-is = Was wartet, wurde fällig und ist noch nicht eingegangen: Die Zahlung ist unterwegs oder wird noch einmal versucht. Das sehen nur die Menschen des Buches.
campaign-became = Was daraus wurde
campaign-what = Was
campaign-amount = Betrag
campaign-that-is = Das heißt
campaign-fund-has = Nach diesen Zahlen haben die Mittel der Kampagne { $has }; davon sind { $aside } für Meilensteine zurückgelegt.
campaign-entries = Die Zahlen stammen aus den Buchungen ihrer <fund>Mittel</fund> im <book>Buch</book>; was schiefging, steht unter dessen <corrections>Korrekturen</corrections>.
campaign-pays-for = Wofür sie zahlt
campaign-no-milestone = Noch ist kein Meilenstein geplant. Ein Meilenstein ist ein Teil der Arbeit, mit einem Betrag, der freigegeben wird, wenn er getan ist.
campaign-milestone-is = Ein Meilenstein ist ein Teil der Arbeit, mit einem Betrag, der für das Team freigegeben wird, wenn er getan ist.
campaign-milestone = Meilenstein
campaign-released = Freigegeben
campaign-all-milestones = Alle ihre Meilensteine
campaign-tiers = Was eine Spende mit sich bringt
campaign-tier = Stufe
campaign-from = Ab
campaign-places = Freie Plätze
campaign-places-of = { $left } von { $places }
campaign-places-up-to = bis zu { $left } von { $places }, in Fünferschritten gezählt
campaign-places-any = beliebig viele
campaign-terms = Bedingungen
campaign-agrees = Wer spendet, stimmt Fassung { $version } zu, nach ihrem SHA-256:
campaign-agrees-since = Wer spendet, stimmt Fassung { $version } zu, gültig seit { $day }, nach ihrem SHA-256:
campaign-read-terms = Bedingungen lesen
campaign-terms-elsewhere = Die Bedingungen, bei der Kampagne
campaign-programs = Für Programme: diese Seite als <json>JSON</json> oder <csv>CSV</csv>; ihre <releases>Freigaben</releases>.
campaign-badge = Für andere Seiten: wie weit sie ist, als <badge>Bild</badge>, das überall gezeigt werden darf.
campaign-pledged = Zugesagt
campaign-pledged-means = von Spendenden versprochen, ob es einging oder nicht: mindestens so viel, abgerundet
campaign-collected = Eingegangen
campaign-collected-means = von Spendenden erhalten, vor Gebühren, was auch später daraus wurde
campaign-dropped = Entfallen
campaign-dropped-means = versprochen, und wird nicht kommen: mindestens so viel, abgerundet
campaign-refunded = Erstattet
campaign-refunded-means = ging an Spendende zurück oder ist auf dem Weg zu ihnen
campaign-disputed = Zurückgeholt
campaign-disputed-means = von den Banken der Spendenden zurückgeholt, mit deren Gebühren, und nicht wiedergekommen
campaign-so-far-by-of = { $came } von { $goal } bis { $day }
campaign-so-far-by = { $came } bis { $day }
campaign-of-in = { $came } von { $goal } im { $month }
campaign-in = { $came } im { $month }
campaign-of-a-month = { $came } bisher, von { $goal } im Monat
campaign-so-far = { $came } bisher
campaign-asks-monthly = Die Kampagne bittet um { $goal } im Monat, ohne Ende.
campaign-asks-all = Die Kampagne bittet um { $goal } bis { $day }. Entschieden wird über das, { $basis ->
        [collected] was eingegangen und nicht erstattet ist
       *[pledged] was zugesagt ist und am Ende noch stand
    }: Verfehlt es das Ziel, geht es an die zurück, die es gaben.
campaign-asks-hopes = Die Kampagne hofft auf { $goal }.
campaign-asks-keeps = Sie nimmt Zusagen bis { $day } an, und was eingeht, wird behalten.
campaign-asks-minimum = Die Kampagne braucht { $minimum } und hofft auf { $optimum }, bis { $day }. Entschieden wird über das, { $basis ->
        [collected] was eingegangen und nicht erstattet ist
       *[pledged] was zugesagt ist und am Ende noch stand
    }: Verfehlt es das Mindeste, geht es an die zurück, die es gaben.
campaign-is-draft = Sie ist ein Entwurf und nimmt noch keine Zusagen an.
campaign-is-live = Sie nimmt Zusagen an.
campaign-is-paid-for = Sie nimmt zurzeit keine neuen Zusagen, denn was hergestellt wird, bringt alles, worum sie bittet. Zusagen, die sie hat, laufen weiter, und sie öffnet von selbst wieder, wenn es weniger bringt.
campaign-is-live-until = Sie nimmt Zusagen bis { $day } an.
campaign-is-suspended = Ihr Träger hat sie angehalten: Sie nimmt keine Zusagen und keine Zahlungen an. Wenn niemand das beendet, schließt sie am { $day }.
campaign-is-collecting = Sie nimmt keine Zusagen mehr an. Zahlungen, die noch laufen, haben bis { $day } Zeit; dann fällt die Entscheidung.
campaign-is-successful = Sie war erfolgreich. Was versprochen wurde, geht noch ein.
campaign-is-failed = Sie war nicht erfolgreich: Was einging, dürfen die Spendenden zurücknehmen oder umwidmen.
campaign-is-closed = Sie ist vorbei. Was von ihren Mitteln übrig ist, bleibt für ihre Meilensteine.
campaign-picture = Was in jedem Monat einging
campaign-picture-goal = Was in jedem Monat einging, neben dem Ziel von { $goal }
campaign-loop = In den zwölf Monaten bis zum { $day } brachte, was hergestellt wird, { $proceeds } für das Nächste, neben { $collected }, die gegeben wurden: ein Verhältnis von { $ratio }.
campaign-loop-alone = In den zwölf Monaten bis zum { $day } brachte, was hergestellt wird, { $proceeds } für das Nächste.
campaign-loop-asks = Deshalb bittet sie jetzt um { $amount } im Monat.
campaign-loop-closed = Sie bittet jetzt um nichts: Was hergestellt wird, bezahlt das Nächste.
