# Der Arbeitsplatz einer Verteilung.
distribution-title = Verteilung von { $net } von { $book }
distribution-heading = Verteilung von { $net }
distribution-cooperative = Genossenschaft
distribution-period = Zeitraum
distribution-rule = Regel
distribution-version = Fassung { $version }
distribution-objections = Widersprüche
distribution-bringing = Wenn Sie sie den Mitgliedern vorlegen, sehen sie, wie { $net } verteilt würden. Sie haben { $window ->
        [one] einen Tag
       *[other] { $window } Tage
    }, um zu widersprechen.
distribution-bring = { $net } den Mitgliedern vorlegen
distribution-approving = Mit Ihrer Bewilligung werden { $net } so gebucht, wie es hier steht, sobald die Zeit der Mitglieder für Widersprüche vorbei ist.
distribution-approve = { $net } bewilligen
distribution-your-answer-to-the-objections = Ihre Antwort auf die Widersprüche
distribution-answering = Mit Ihrer Bewilligung werden { $net } trotzdem so gebucht, wie es hier steht; die Mitglieder lesen Ihre Antwort.
distribution-answer = Antworten und { $net } bewilligen
distribution-i-object = Ich widerspreche
distribution-objecting = Ihr Widerspruch verhindert, dass { $net } gebucht werden, bis jemand, der die Verteilung nicht entworfen hat, Ihnen antwortet. Eine gegebene Bewilligung fällt weg, und alle Mitglieder lesen Ihren Grund.
distribution-object = { $net } widersprechen
distribution-withdraw-it = Zurückziehen
distribution-why-it-is-withdrawn-never = Warum sie zurückgezogen wird; nie ein Name
distribution-withdrawing = Zurückgezogen ist aufgegeben, wie { $net } verteilt würden: Nichts davon wird gebucht, wer die Verteilung hier liest, liest Ihren Grund, und der Zeitraum kann neu entworfen werden.
distribution-withdraw = { $net } zurückziehen
distribution-share = Ihr Anteil als Mitglied { $number } ist { $share }: { $cash } werden ausgezahlt, { $retained } bleiben als Ihr Kapital.
distribution-is-distributed = Was verteilt wird
distribution-group-cash = { $group }, { $members ->
        [one] 1 Mitglied
       *[other] { $members } Mitglieder
    }, ausgezahlt
distribution-group-capital = { $group }, { $members ->
        [one] 1 Mitglied
       *[other] { $members } Mitglieder
    }, als ihr Kapital
distribution-is-draft = ein Entwurf, den nur sieht, wer ihn macht
distribution-is-objection = vor den Mitgliedern, die widersprechen können
distribution-is-objected = ein Mitglied hat widersprochen
distribution-is-approved = bewilligt und noch nicht gebucht
distribution-is-posted = gebucht
distribution-is-paid = gebucht und ausgezahlt
distribution-is-issued = gebucht: Jedes Mitglied hat eine Abrechnung
distribution-is-reversing = wird zurückgenommen
distribution-is-reversed = zurückgenommen
distribution-is-withdrawn = zurückgezogen
distribution-stands-draft = Sie ist ein Entwurf. Wird sie nicht bis { $day } den Mitgliedern vorgelegt, ist sie zurückgezogen.
distribution-stands-objection = Mitglieder können bis { $day } widersprechen. Sie wartet auf eine Bewilligung.
distribution-stands-objected = Ein Mitglied hat widersprochen. Wird ihm nicht bis { $day } geantwortet, ist sie zurückgezogen.
distribution-stands-approved = Sie ist bewilligt und wird nach dem { $day } gebucht.
distribution-stands-posted = Sie ist gebucht, durch Buchung { $entry }.
distribution-stands-paid = Sie ist durch Buchung { $entry } gebucht und ausgezahlt.
distribution-stands-issued = Sie ist durch Buchung { $entry } gebucht, und jedes Mitglied hat eine Abrechnung.
distribution-stands-reversing = Sie wird Buchung für Buchung zurückgenommen: { $reason }
distribution-stands-reversed = Sie wurde durch Buchung { $entry } zurückgenommen: { $reason }
distribution-stands-withdrawn = Sie wurde zurückgezogen: { $reason }
distribution-bears = Als Mitglied { $number } tragen Sie { $loss } des Verlusts mit Ihrem Kapital; { $stands } davon stehen gegen Ihre nächsten Anteile.
distribution-from-reserve = Von der Rücklage getragen
distribution-group-netted = { $group }, { $members } Mitglieder, für Vorschüsse und frühere Verluste
distribution-group-bears = { $group }, { $members } Mitglieder, vom Kapital getragen
distribution-group-stands = { $group }, { $members } Mitglieder, gegen die nächsten Anteile
