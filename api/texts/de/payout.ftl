# Die Arbeitsplätze von Auszahlungen und ihren Läufen.
payout-title = Auszahlung von { $amount } an { $payee }
payout-unless-sent = . Wird sie nicht gesendet, ist sie am { $until } aufgegeben
payout-pays = Zahlt
payout-by-claim = , auf <claim>diese Einreichung</claim> hin
payout-in-run = , in <run>diesem Lauf</run>
payout-to-a-bank-account = Auf ein Bankkonto
payout-none-yet = noch keines
payout-money-held-by = Geld verwahrt von
payout-custodian = { $custodian }, Verwahrer
payout-asked-for-by = Angefordert von
payout-who-on = { $who }, am { $day }
payout-reference-at-the-bank = Verwendungszweck bei der Bank
payout-the-next-step-is-yours = Der nächste Schritt liegt bei Ihnen. Er fragt nach Ihrem zweiten Faktor.
payout-approving = Mit Ihrer Bewilligung können { $amount } an { $payee } gezahlt werden, auf das Konto, das hier steht, und kein anderes: Ändert sich das Konto, fällt die Bewilligung weg.
payout-approve = { $amount } bewilligen
payout-sending = Mit dem Senden gehen { $amount } aus dem ab, was { $payee } geschuldet ist: Die Auszahlung ist unterwegs, bis eine Zeile eines Kontoauszugs sie hat. Beauftragen Sie sie bei der Bank mit ihrem Verwendungszweck; in einem Übungsbuch antwortet die Bank von selbst.
payout-send = { $amount } senden
payout-letting = Wenn Sie sie weitergehen lassen, können { $amount } an { $payee } gesendet werden. Wenn Sie sie verweigern, ist die Auszahlung aufgegeben; was geschuldet ist, bleibt geschuldet.
payout-let-it-go-on = Weitergehen lassen
payout-refuse-it = Verweigern
payout-heading = { $amount } an { $payee }
payout-pays-team = was Meilensteine für das Team freigegeben haben
payout-pays-prize = was das Team in Preisausschreiben gewonnen hat
payout-pays-member = die eigenen Anteile an den Überschüssen der Genossenschaft
payout-pays-lender = die Anteile aus einem Darlehen an den Überschüssen der Genossenschaft
payout-is-without-account = angefordert; wer sie bekommt, hat noch kein Bankkonto in dieser Währung
payout-is-requested = angefordert; sie wartet auf eine Bewilligung
payout-is-approved = bewilligt; sie wartet auf die Prüfung
payout-is-screened = bewilligt und geprüft; sie wartet darauf, gesendet zu werden
payout-is-held = von der Prüfung angehalten; ein Betreiber entscheidet
payout-is-sent = gesendet; sie wartet auf ihre Zeile eines Kontoauszugs
payout-is-settled = ausgeführt: Ein Kontoauszug hat sie
payout-is-failed = fehlgeschlagen: Die Bank hat sie nicht angenommen, und sie ist wieder geschuldet
payout-is-returned = zurückgekommen: Sie kam zurück und ist wieder geschuldet
payout-is-cancelled = aufgegeben, bevor sie gesendet wurde
payout-account = in { $country }, mit der Endung { $last }
payout-verdict = lassen Sie sie weitergehen, oder verweigern Sie sie
payout-run-title = { $count } über { $total } in { $name }
payout-without-account = { $count ->
        [one] Eine davon wartet auf ein Bankkonto dessen, an den sie geht: Sie wird bewilligt, sobald es da ist.
       *[other] { $count } davon warten auf Bankkonten derer, an die sie gehen: Sie werden bewilligt, sobald die da sind.
    }
payout-run-approving = Mit Ihrer Bewilligung können { $count } über { $total } gezahlt werden, jede auf das Bankkonto, das jetzt dafür bestätigt ist, und kein anderes. Was an Sie oder an Ihre eigenen Organisationen geht, bleibt jemand anderem überlassen.
payout-how-the-bank-wants-it = Wie die Bank es möchte
payout-day-on-which-the-bank = Tag, an dem die Bank zahlen soll; leer für heute
payout-company-id-that-the-bank = Firmenkennung, die die Bank vergeben hat, nur für NACHA
payout-run-sending = Mit dem Senden gehen { $amount } durch { $many } aus dem ab, was geschuldet ist, und die Datei für die Bank entsteht. Solange etwas aus dem Lauf wartet oder angehalten ist, wird nichts gesendet.
payout-files-for-the-bank = Dateien für die Bank
payout-whole-account-numbers-stand-in = Ganze Kontonummern stehen darin: Geben Sie sie der Bank und bewahren Sie sie nirgends sonst auf. Wer sie nimmt, wird festgehalten.
payout-held-by-screening = Von der Prüfung angehalten
payout-who-is-paid = Wer bezahlt wird
payout-nobody-yet = Noch niemand.
payout-give-it-up = Aufgeben
payout-giving-up = Damit sind von { $count } über { $total } die aufgegeben, die nicht gesendet wurden; was geschuldet ist, bleibt geschuldet. Was gesendet wurde, geht weiter.
payout-all-runs = Alle Läufe von { $name }
payout-run-heading = { $count } über { $total }
payout-to-persons = NACHA, an Personen
payout-to-companies = NACHA, an Firmen
payout-as-table = eine Tabelle (CSV)
payout-iso = ISO 20022, pain.001
payout-file-building = sie wird gemacht
payout-file-ready = sie kann der Bank gegeben werden
payout-file-reported = die Bank hat zu ihr berichtet
payout-file-withdrawn = sie wurde zurückgezogen
payout-file-what = { $count } über { $total }, für den { $day }
payout-many = { $count ->
        [one] 1 Auszahlung
       *[other] { $count } Auszahlungen
    }
payout-count-requested = { $count }, angefordert
payout-count-approved = { $count }, bewilligt
payout-count-screened = { $count }, geprüft
payout-count-held = { $count }, angehalten
payout-count-sent = { $count }, gesendet
payout-count-settled = { $count }, ausgeführt
payout-count-failed = { $count }, fehlgeschlagen
payout-count-returned = { $count }, zurückgekommen
payout-count-cancelled = { $count }, aufgegeben
payout-run-gathering = seine Auszahlungen werden gesammelt
payout-run-ready = seine Auszahlungen sind auf dem Weg
payout-run-done = alle seine Auszahlungen sind vorbei
payout-run-cancelled = aufgegeben
payout-source-member = Mitgliedern der Genossenschaft ihre Anteile
payout-source-lender = denen, die Darlehen gaben, ihre Anteile
payout-source-team = Teams, was Meilensteine für sie freigegeben haben
payout-source-prize = Teams, was sie gewonnen haben
payout-tick-what = kreuzen Sie an, was er zahlt
payout-nothing-owed = nichts ist geschuldet, das nicht schon gezahlt wird
payout-effect = Damit entstehen { $many } über insgesamt { $total }. Nichts wird gezahlt, bevor jemand anderes sie bewilligt.
payout-runs-title = { $count ->
        [one] Ein Auszahlungslauf
       *[other] { $count } Auszahlungsläufe
    } von { $name }
payout-runs-heading = Auszahlen, was { $name } schuldet
payout-it-would-pay-something-else = Jetzt würde etwas anderes gezahlt, als Sie gelesen haben. Lesen Sie es und fordern Sie es dann an.
payout-it-pays = Er zahlt
payout-the-least-that-is-paid = Der kleinste Betrag, der auf einmal gezahlt wird; leer für jeden Betrag
payout-from-whose-cash-as-sales = Von wessen Geld, wie Verkäufe es nennen, etwa bank; leer für das der Organisation selbst
payout-what-each-payee-reads-beside = Was alle, die etwas bekommen, daneben lesen, ohne Namen
payout-nothing-is-asked-for-yet = Noch ist nichts angefordert: Sie sehen zuerst, wer wie viel bekäme.
payout-show-who-would-be-paid = Zeigen, wer etwas bekäme
payout-who-would-be-paid = Wer etwas bekäme
payout-owed-to = Geschuldet
payout-and-more = Und { $more } weitere.
payout-ask-for-it = Anfordern
payout-runs = Läufe
payout-no-runs = Noch keine.
