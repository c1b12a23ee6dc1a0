# Was die Fehler des Dienstes bedeuten.
problems-title = Fehler
problems-all = Alle Fehler
problems-what = Jeder Fehler dieses Dienstes ist ein „problem“ (RFC 9457). Sein <code>type</code> führt zu einem von diesen. Programme lesen sie auf Englisch, und so stehen sie hier.
problems-remedy = Was zu tun ist:
problems-answered-by = Damit antworten:
