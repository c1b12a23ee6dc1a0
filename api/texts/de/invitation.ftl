# Eine Einladung, und was geantwortet wurde.
invitation-accept-an-invitation = Eine Einladung annehmen
invitation-the-mail-says-who-invites = Die E-Mail sagt, wer Sie zu welcher Rolle einlädt. Sie gilt einmal, für die Adresse, an die sie ging.
invitation-accept = Annehmen
invitation-you-do-not-want-to = Sie möchten nicht? Ablehnen gibt Ihnen nichts, beendet diesen Link und zeigt denen, die Sie einladen, dass Sie abgelehnt haben.
invitation-decline = Ablehnen
invitation-sign-in-first-with-the = Melden Sie sich zuerst an, mit der Adresse, an die die E-Mail ging. Öffnen Sie dann den Link noch einmal.
invitation-sign-in = Anmelden
invitation-accepted = Angenommen
invitation-you-have-the-role-from = Sie haben von jetzt an die Rolle { $role }.
invitation-see-what-waits-for-you = Ansehen, was auf Sie wartet
invitation-declined = Abgelehnt
invitation-you-have-said-no-the = Sie haben abgelehnt: Der Link gibt nichts mehr, und wer Sie eingeladen hat, sieht es.
