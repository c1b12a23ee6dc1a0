# Anmelden, Einladungen und zweite Faktoren.
parties-sign-in = Anmelden
parties-sign-in-subject = Ihr Link zum Anmelden, gültig für { $minutes ->
    [one] eine Minute
   *[other] { $minutes } Minuten
}
parties-sign-in-works = Der Link gilt einmal, für { $minutes ->
    [one] eine Minute
   *[other] { $minutes } Minuten
}.
parties-sign-in-code = Oder geben Sie diesen Code dort ein, wo Sie ihn verlangt haben, im selben Browser:
parties-sign-in-not-asked = Wenn Sie ihn nicht verlangt haben, tun Sie nichts: Ohne diese E-Mail kann sich niemand anmelden.

parties-invitation = { $organisation } lädt Sie ein
parties-invitation-subject = { $organisation } lädt Sie ein: { $role }
parties-invitation-what = { $organisation } lädt Sie ein, mitzumachen, mit der Rolle „{ $role }“.
parties-invitation-how = Öffnen Sie den Link und melden Sie sich mit dieser Adresse an, um anzunehmen. Er gilt einmal, bis { $until }.
parties-invitation-accept = Die Einladung annehmen
parties-invitation-or-not = Wenn Sie nicht wollen, tun Sie nichts: Solange Sie nicht annehmen, haben Sie dort keine Rolle.

parties-factor-news = { $title }. { $meaning }
parties-factor-was = Das war: { $at }.
parties-factor-enrolled = Ihr zweiter Faktor gilt ab jetzt
parties-factor-enrolled-means = Auszahlungen und Bankkonten bewilligen, und was Betreiber tun, fragt nach einem Code Ihres Authenticators. Bewahren Sie die Wiederherstellungscodes dort auf, wo Sie sie ohne ihn finden.
parties-factor-removed = Ihr zweiter Faktor wurde entfernt
parties-factor-removed-means = Nichts fragt Sie mehr nach einem Code, und was einen verlangt, ist Ihnen verschlossen.
parties-factor-code-used = Einer Ihrer Wiederherstellungscodes wurde benutzt
parties-factor-code-used-means = Er gilt nicht noch einmal. Wenn nur noch wenige übrig sind, lassen Sie sich neue zeigen.
parties-factor-codes-renewed = Sie haben neue Wiederherstellungscodes
parties-factor-codes-renewed-means = Die früheren gelten nicht mehr.
parties-factor-reset-asked = Das Zurücksetzen Ihres zweiten Faktors wurde verlangt
parties-factor-reset-asked-means = Zwei Betreiber müssen zustimmen, und danach vergeht ein Tag. Es verfällt am { $until }.
parties-factor-reset-approved = Ein Betreiber hat dem Zurücksetzen Ihres zweiten Faktors zugestimmt
parties-factor-reset-approved-means = Ein weiterer Betreiber muss noch zustimmen. Es verfällt am { $until }.
parties-factor-reset-waits = Ihr zweiter Faktor wird entfernt
parties-factor-reset-waits-means = Zwei Betreiber haben zugestimmt. Er wird am { $until } entfernt, und alle Ihre Sitzungen enden dann.
parties-factor-reset-done = Ihr zweiter Faktor wurde zurückgesetzt
parties-factor-reset-done-means = Er ist entfernt, und alle Ihre Sitzungen sind beendet. Melden Sie sich wieder an und beginnen Sie einen neuen.
parties-factor-reset-ended = Das Zurücksetzen Ihres zweiten Faktors ist vorbei
parties-factor-reset-ended-means = Es wird nichts daraus: Ihr zweiter Faktor gilt wie bisher.
parties-factor-not-asked-by-you = Wenn nicht Sie es verlangt haben, widersprechen Sie: Melden Sie sich an und senden Sie POST /v1/me/second-factor:object-to-reset, oder weisen Sie Ihren zweiten Faktor nach. Und ändern Sie das Passwort Ihres Postfachs: Jemand liest es.
parties-factor-not-done-by-you = Wenn nicht Sie es waren, sagen Sie es sofort denen, die den Dienst betreiben, und ändern Sie das Passwort Ihres Postfachs: Jemand liest es.

parties-reset = Zurücksetzen eines zweiten Faktors
parties-reset-subject = { $email } verlangt das Zurücksetzen eines zweiten Faktors
parties-reset-what = { $email } ({ $person }) hat Authenticator und Wiederherstellungscodes verloren und verlangt, dass der zweite Faktor entfernt wird.
parties-reset-look = Sehen Sie auf anderem Weg als durch E-Mail nach, wer das verlangt: Wer die E-Mails dieser Person liest, kann es in ihrem Namen tun.
parties-reset-agree = Zwei von Ihnen müssen zustimmen, jeweils mit
parties-reset-refuse = Jede und jeder von Ihnen lehnt ab mit
parties-reset-lapses = Es verfällt am { $until }.
parties-tasks = Was auf Sie wartet
parties-tasks-subject = { $count ->
    [one] Etwas wartet auf Sie
   *[other] { $count } Dinge warten auf Sie
}
parties-task = { $title }
parties-task-in = { $title }, { $book }
parties-task-until = { $title }, bis { $until }
parties-task-in-until = { $title }, { $book }, bis { $until }
parties-tasks-more = Und { $more } weitere.
parties-tasks-all = Alles, was auf Sie wartet
