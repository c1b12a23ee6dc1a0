# Der Arbeitsplatz einer Einreichung.
claim-title = { $team } reicht { $amount } für { $title } ein
claim-heading = { $team } reicht { $amount } ein
claim-for = Für
claim-of = { $title }, insgesamt { $of }
claim-change-it = Ändern
claim-what-the-milestone-asks-for = Was der Meilenstein verlangt
claim-is-there = ✓ { $kind }: ist da
claim-is-missing = ✗ { $kind }: fehlt
claim-your-decision = Ihre Entscheidung
claim-no-tie = Ich bin mit { $team } nicht verbunden: Ich arbeite nicht mit dem Team, und niemand, der mir nahesteht, hat etwas davon
claim-needed-where-you-ask-for = Nötig, wenn Sie Änderungen verlangen oder ablehnen. Das Team liest es.
claim-amount-that-you-approve = Betrag, den Sie bewilligen
claim-approve = Bewilligen
claim-asking = Wenn Sie Änderungen verlangen, geht die Einreichung mit Ihrem Text an { $team } zurück; alle bisherigen Entscheidungen fallen weg.
claim-ask-for-changes = Änderungen verlangen
claim-rejecting-counts-against-the-claim = Eine Ablehnung zählt gegen die Einreichung: Sie zahlt nichts, sobald so viele ablehnen, wie bewilligen müssten.
claim-reject = Ablehnen
claim-a-tie = Ich bin mit { $team } verbunden
claim-tie-counts = Ihr Wort zählt dann ab jetzt bei Einreichungen von { $team } in diesem Buch nicht mehr.
claim-you-do-not-decide-here = Sie entscheiden hier nicht:
claim-what-others-decided = Was andere entschieden haben
claim-others-have-decided-you-see = Andere haben entschieden; Sie sehen es, sobald Sie es auch haben.
claim-nobody-else-has-decided-yet = Noch hat niemand sonst entschieden.
claim-you-approved = Sie haben am { $day } { $amount } bewilligt
claim-reviewer-approved = Eine Prüferin oder ein Prüfer hat am { $day } { $amount } bewilligt
claim-you-asked = Sie haben am { $day } Änderungen verlangt
claim-reviewer-asked = Eine Prüferin oder ein Prüfer hat am { $day } Änderungen verlangt
claim-you-rejected = Sie haben sie am { $day } abgelehnt
claim-reviewer-rejected = Eine Prüferin oder ein Prüfer hat sie am { $day } abgelehnt
claim-effect = Mit Ihrer Bewilligung können { $amount }, oder der Teil davon, den Sie hier eintragen, für { $team } freigegeben werden: sobald { $needed ->
        [one] eine Prüferin oder ein Prüfer bewilligt hat
       *[other] { $needed } Prüferinnen und Prüfer bewilligt haben
    } und { $days ->
        [one] ein Tag vergangen ist, an dem
       *[other] { $days } Tage vergangen sind, in denen
    } niemand Einspruch erhebt. Bewilligen mehrere verschiedene Beträge, zählt der niedrigste.
claim-escalated = Die Eigentümer des Trägers werden gefragt. Entscheidet niemand, verfällt sie.
claim-silence-release = Entscheidet bis dahin niemand, gilt sie als bewilligt.
claim-silence-escalate = Entscheidet bis dahin niemand, werden die Eigentümer des Trägers gefragt.
claim-write-what = schreiben Sie, was sich ändern soll, oder warum Sie ablehnen
