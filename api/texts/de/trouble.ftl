# Was schiefging.
trouble-ask-for-a-new-link = Einen neuen Link anfordern
trouble-to-the-first-page = Zur ersten Seite
trouble-type-the-code = Den Code eingeben
trouble-if-you-ask-somebody-about = Wenn Sie jemanden danach fragen, nennen Sie diese Anfrage: { $id }
trouble-link-over = Dieser Link gilt nicht mehr
trouble-link-over-what = Ein Link gilt einmal, 15 Minuten lang. Dieser wurde schon benutzt, ist zu alt oder nicht vollständig.
trouble-link-change-what = Er wurde schon benutzt, ist zu alt oder betrifft eine Änderung, die ersetzt wurde: Er tut jetzt nichts. Die Plattform, auf der Sie gespendet haben, zeigt Ihre Zusage und kann Ihnen einen neuen schicken lassen.
trouble-no-page = Keine solche Seite
trouble-no-page-what = Unter dieser Adresse ist nichts. Wurde sie ganz kopiert?
trouble-not-here = Nicht hier
trouble-not-here-what = Diese Adresse nimmt nicht an, was gesendet wurde. Gehen Sie zu der Seite zurück, von der Sie kamen.
trouble-second-factor = Weisen Sie zuerst Ihren zweiten Faktor nach
trouble-second-factor-what = Nichts wurde getan: Hierfür wird der Code Ihrer Authenticator-App verlangt, in den letzten Minuten eingegeben.
trouble-not-allowed = Nicht erlaubt
trouble-not-allowed-what = Nichts wurde getan: <span lang="en">{ $detail }</span>.
trouble-foreign = Nicht von hier gesendet
trouble-foreign-what = Dieses Formular kam von einer anderen Seite, oder Ihr Browser sagt nicht, woher es kam. Nichts wurde getan. Öffnen Sie die Seite hier noch einmal, in einem aktuellen Browser, und senden Sie es von dort.
trouble-too-many = Zu viele Versuche
trouble-too-many-what = Nichts wurde getan. Versuchen Sie es in { $seconds } Sekunden wieder.
trouble-cannot = Das geht nicht
trouble-cannot-what = <span lang="en">{ $detail }</span>
trouble-not-now = Nicht jetzt
trouble-not-now-what = Der Dienst kann das im Augenblick nicht. Versuchen Sie es in einer Weile wieder.
trouble-form = Das Formular kam nicht an, wie es sollte
trouble-form-what = Nichts wurde getan. Gehen Sie zurück, sehen Sie nach, was Sie eingegeben haben, und senden Sie es noch einmal.
