# Die erste Seite.
home-title = Geld für offene Arbeit
home-waits-for-you = Was auf Sie wartet
home-sign-in = Anmelden
home-heading = Geld, das viele für offene Arbeit geben, in Büchern, die alle lesen können
home-as-of = Stand: { $day }, über { $count ->
        [one] 1 öffentliches Buch
       *[other] { $count } öffentliche Bücher
    }.
home-as-of-oldest = Stand: { $day }, über { $count ->
        [one] 1 öffentliches Buch
       *[other] { $count } öffentliche Bücher
    }, die ältesten; es gibt mehr.
home-sandbox = Das sind Übungsbücher: Sie sind zum Ausprobieren da, und nichts davon ist echtes Geld.
home-none = Noch hat kein öffentliches Buch Geld bewegt.
home-became = Was aus dem Geld wurde, in { $currency }
home-what = Was
home-amount = Betrag
home-that-is = Das heißt
home-held-by = Das Geld selbst wird von Verwahrern verwahrt: den Plattformen und Trägern, die jedes Buch nennt. Zusagen stehen in keiner dieser Zahlen. Was Einzelne geben, erzählen nur sie selbst: Es zählt, sobald fünf Spendende oder mehr in einer Summe beisammen sind; deshalb warten die neuesten Zahlungen.
home-changed = Was sich diese Woche geändert hat
home-no-news = In den letzten sieben Tagen wurde nichts freigegeben und kein Preis vergeben.
home-find-receipt = Ihre Quittung finden
home-code = Der Code der Quittung oder der Link aus ihrer E-Mail
home-show-receipt = Quittung zeigen
home-no-code = Das ist kein Code einer Quittung. Er steht am Ende des Links in der E-Mail, mit der die Quittung kam: Kopieren Sie ihn ganz.
home-check = Wie Sie uns prüfen
home-check-what = Was Verwahrer haben, daneben was geschuldet ist, was sich verspätet, und wie Sie ein Buch selbst prüfen.
home-books = Öffentliche Bücher
home-more-books = <all>Alle öffentlichen Bücher</all>, { $count } mehr, als hier stehen
home-programs = Für Programme: diese Seite als <json>JSON</json> oder <csv>CSV</csv>; die <contract>Schnittstelle</contract>.
home-collected = Eingegangen
home-collected-means = von denen, die es gaben, vor Gebühren, was auch später daraus wurde
home-released = Freigegeben
home-released-means = für Teams und Gewinner bewilligt, abzüglich dessen, was durch widerrufene Einreichungen zurückkam
home-paid = Ausgezahlt
home-paid-means = davon: auf die Bankkonten von Teams und Gewinnern überwiesen, abzüglich dessen, was zurückkam
home-returned = Zurückgegeben
home-returned-means = ging an die zurück, die es gaben, oder ist auf dem Weg zu ihnen
home-held = Verwahrt
home-held-means = in den Mitteln und Preisgeldern, für die es gegeben wurde, noch nicht freigegeben
home-other = Gebühren und der Rest
home-other-means = was einging und nichts vom anderen ist: Gebühren, verlorene Streitfälle, Korrekturen
home-headline = { $amount } für offene Arbeit verwahrt
home-picture = Was aus { $amount } wurde, die eingegangen sind
home-released-for = freigegeben für { $milestone }
home-revoked = eine Einreichung wurde widerrufen: { $milestone }
home-awarded = vergeben in { $challenge }
