# Wohin Ereignisse eines Buchs für einen Partner gesendet werden.
endpoint-list-title = Endpunkte in { $book }: { $count }
endpoint-list = Endpunkte in { $book }
endpoint-back-to-partner = Zurück zum Arbeitsplatz des Partners
endpoint-none = Keine. Was im Buch geschieht, wird nirgendwohin gesendet.
endpoint-some-failed = { $count ->
        [one] { $count } Versuch schlug
       *[other] { $count } Versuche schlugen
    } fehl seit dem letzten guten
endpoint-none-failed = kein Versuch schlug fehl seit dem letzten guten
endpoint-after = Was danach kommt
endpoint-make = Einen Endpunkt anlegen
endpoint-url = Wohin Ereignisse gesendet werden, ein https-Link
endpoint-called = Wie Sie ihn nennen
endpoint-kinds = Arten von Ereignissen, eine in jeder Zeile; alle, wenn es leer ist
endpoint-make-what = Was von da an in { $book } geschieht und der Partner lesen darf, wird dorthin gesendet, unterschrieben mit einem Geheimnis, das einmal gezeigt wird.
endpoint-make-it = Anlegen und das Geheimnis einmal zeigen
endpoint-is-active = aktiv: Was geschieht, wird dorthin gesendet
endpoint-is-paused = pausiert: Was geschieht, wartet, bis er wieder aktiv ist
endpoint-is-gone = abgeschaltet: Er antwortete, dass es ihn nicht mehr gibt
endpoint-is-failing = abgeschaltet: Fünf Tage lang schlug alles fehl
endpoint-is-disabled = abgeschaltet
endpoint-title = Ein Endpunkt, { $count ->
        [one] { $count } Versuch schlug
       *[other] { $count } Versuche schlugen
    } fehl
endpoint-heading = Ein Endpunkt in { $book }
endpoint-all = Alle Endpunkte in { $book }
endpoint-where = Wohin
endpoint-name = Genannt
endpoint-sent-kinds = Was gesendet wird
endpoint-all-kinds = alles, was der Partner lesen darf
endpoint-standing = Wie es steht
endpoint-last-good = Letzter guter Versuch
endpoint-never = nie
endpoint-failed-since = Seither fehlgeschlagen
endpoint-two-secrets = Zwei Geheimnisse unterschreiben
endpoint-until = bis { $moment }
endpoint-ping-what = Ein Probeereignis wird an ihn gesendet, welche Arten er auch will.
endpoint-ping = Ein Probeereignis senden
endpoint-pause-what = Solange er pausiert, wird nichts gesendet; was inzwischen geschieht, wird gesendet, sobald er wieder aktiv ist.
endpoint-resume-what = Was inzwischen geschah, wird jetzt gesendet, soweit es noch aufbewahrt ist.
endpoint-pause = Pausieren
endpoint-resume = Wieder aktiv machen
endpoint-rotate = Ihm ein anderes Geheimnis geben
endpoint-signs-too = Das jetzige Geheimnis unterschreibt auch
endpoint-for-a-day = einen Tag lang
endpoint-for-a-week = eine Woche lang
endpoint-not-at-all = gar nicht
endpoint-rotate-what = Ein neues Geheimnis wird einmal gezeigt und unterschreibt von jetzt an.
endpoint-rotate-it = Ein anderes Geheimnis machen
endpoint-delete = Löschen
endpoint-delete-what = Nichts wird mehr dorthin gesendet, und was gesendet wurde, wird nicht mehr gezeigt.
endpoint-sent = Was gesendet wurde und wird
endpoint-only-waiting = Nur, was wartet. <all>Alles zeigen</all>
endpoint-only-delivered = Nur, was zugestellt ist. <all>Alles zeigen</all>
endpoint-only-given-up = Nur, was aufgegeben ist. <all>Alles zeigen</all>
endpoint-only = Nur zeigen, was <waiting>wartet</waiting>, <gone>aufgegeben</gone> oder <done>zugestellt</done> ist.
endpoint-nothing = Nichts.
endpoint-attempts-made = { $event }, { $count ->
        [one] einmal
       *[other] { $count }-mal
    } gesendet
endpoint-waits-until = wartet: Es wird gesendet am { $moment }
endpoint-waits = wartet
endpoint-delivered = zugestellt
endpoint-given-up = aufgegeben
endpoint-attempts-title = Versuche, { $kind } zuzustellen: { $count }
endpoint-back = Zurück zum Endpunkt
endpoint-event = Ereignis
endpoint-to = An
endpoint-replay-what = Das Ereignis wird noch einmal gesendet, was auch daraus wurde, mit zehn Versuchen wie zuerst.
endpoint-replay = Noch einmal senden
endpoint-attempts = Versuche
endpoint-no-attempt = Noch keiner.
endpoint-took = es dauerte { $milliseconds } ms
endpoint-answered = antwortete { $status }
endpoint-failed = schlug fehl: { $why }
endpoint-why-address = an seine Adresse wird nichts gesendet
endpoint-why-host = den Rechner gibt es nicht
endpoint-why-unreachable = dort antwortete niemand
endpoint-why-slow = die Antwort dauerte länger als 15 Sekunden
endpoint-why-status = seine Antwort war keine von 200 bis 299
