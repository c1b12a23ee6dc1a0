# Eine Buchung.
entry-title = Buchung { $entry }: { $amount }, { $kind }
entry-heading = Buchung { $entry }: { $kind }
entry-counts = Sie zählt am { $day }.
entry-occurred = Geschehen ist es am { $day }: Dieser Tag war schon abgeschlossen.
entry-moved = Was sich bewegt hat
entry-ways = Art, von und an
entry-amount = Betrag
entry-from = von
entry-to = an
entry-has-after = danach hat es { $balance }
entry-all-lines = Alle ihre Zeilen
entry-note = Notiz: { $note }
entry-erased = Ihre Notiz wurde gelöscht; was sich bewegt hat, bleibt stehen.
entry-about = Es geht um { $what }, <span class="code quiet">{ $reference }</span>
entry-about-reference = Es geht um <span class="code quiet">{ $reference }</span>
entry-pledge = eine Zusage
entry-charge = eine Zahlung einer Zusage
entry-refund = eine Erstattung
entry-chargeback = eine Rückbuchung
entry-claim = eine Einreichung
entry-release = eine Freigabe an ein Team
entry-settlement = Geld, das ein Verwahrer abführt
entry-distribution = eine Verteilung
entry-challenge = ein Preisausschreiben
entry-payout = eine Auszahlung
entry-object = etwas, das das Buch kennt
entry-reversed-by = <strong>Sie wurde storniert</strong> durch <entry>Buchung { $entry }</entry>, ihr genaues Spiegelbild.
entry-reverses = <strong>Sie storniert</strong> <entry>Buchung { $entry }</entry>: Sie ist deren genaues Spiegelbild.
entry-took = Wessen Geld sie nahm
entry-that-of = Das von
entry-took-of = Buchung { $entry }
entry-taken = Was von ihrem Geld nahm
entry-taken-by = Buchung { $entry }
entry-check = Prüfen Sie es selbst
entry-check-how = Wer das ganze Buch sieht, lädt es herunter und prüft jede Zahl, jeden Saldo und jede Prüfsumme ohne Netz: <code>commonpurse verify DATEI</code> liest, was <export>der Export des Buchs</export> (mit einem Token) antwortet.
