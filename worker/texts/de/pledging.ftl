# E-Mails an Spendende, und über das, was sie geben.
pledging-thanks = Danke
pledging-thanks-named = Danke, { $donor }
pledging-platform-shows = Die Plattform, auf der Sie gespendet haben, zeigt Ihre Zusage und ändert sie für Sie.
pledging-terms-month = { $amount } im Monat
pledging-terms-quarter = { $amount } im Vierteljahr
pledging-terms-year = { $amount } im Jahr
pledging-terms-once = { $amount } einmal
pledging-converted = { $amount } ({ $original } zu { $rate })
pledging-given-back = { $original } ({ $amount }, als Sie es gaben)

pledging-receipt-subject = Quittung: { $amount } für { $campaign }
pledging-receipt-arrived = Ihre Zahlung ist angekommen.
pledging-receipt-only = Das Geld wird nur für diese Kampagne verwahrt.
pledging-receipt-yours = Ihre Quittung
pledging-receipt-gifts = Ihre Spenden und Pläne
pledging-receipt-link = Der zweite Link zeigt, was Sie gegeben haben und wo es jetzt ist, gilt 30 Tage und lässt Sie pausieren, umwidmen oder beenden: Behalten Sie ihn für sich. { $tax }
pledging-year-subject = Ihre Quittung für { $year } von { $custodian }
pledging-year-what = Das haben Sie { $year } gegeben.
pledging-year-same = Sie fasst die Quittungen zusammen, die Sie von jeder Zahlung haben. Es sind dieselben Spenden, nicht weitere.
pledging-year-yours = Ihre Quittung des Jahres

pledging-decline = Ihre Zahlung ging nicht durch
pledging-decline-subject = Ihre Zahlung für { $campaign } ging nicht durch
pledging-decline-again = Sie müssen nichts tun: Wir versuchen es am { $day } noch einmal.
pledging-decline-new-means = Bitte wählen Sie ein anderes Zahlungsmittel; Ihre Zusage wartet darauf.
pledging-decline-lapsed = Wir haben es mehrmals versucht und hören hier auf. Sie können Ihre Zusage wieder aufleben lassen, wann Sie wollen.
pledging-decline-stopped = Wir versuchen es mit diesem Zahlungsmittel nicht noch einmal.
pledging-decline-not-collected = Diese Zahlung lässt sich nicht einziehen und wird nicht noch einmal versucht. Sie können Ihre Zusage mit einem anderen Zahlungsmittel wieder aufleben lassen.

pledging-consent = Soll sich Ihre Zusage ändern?
pledging-consent-subject = Soll sich Ihre Zusage für { $campaign } ändern?
pledging-consent-what = Ihre Zusage soll sich ändern und braucht Ihre Zustimmung. Öffnen Sie den Link, sehen Sie sich die Änderung an und stimmen Sie ihr dort zu. Er gilt einmal, bis { $until }.
pledging-consent-look = Die Änderung ansehen
pledging-consent-or-not = Wenn Sie sie nicht wollen, tun Sie nichts: Ihre Zusage bleibt, wie sie ist.
pledging-changed = Ihre Zusage hat sich geändert
pledging-changed-subject = Ihre Zusage für { $campaign } hat sich geändert
pledging-changed-no-more = Sie kostet Sie nicht mehr als vorher. Was vorher fällig war, behält seinen Betrag.
pledging-changed-at-the-platform = Sie haben dem auf der Plattform zugestimmt, auf der Sie gespendet haben. Was vorher fällig war, behält seinen Betrag.
pledging-changed-by-link = Sie haben dem über den Link in unserer E-Mail zugestimmt. Was vorher fällig war, behält seinen Betrag.

pledging-refund = Ihre Erstattung ist unterwegs
pledging-refund-subject = Erstattung: { $amount } für { $campaign }
pledging-refund-what = Sie geht mit dem Zahlungsmittel zurück, mit dem das Geld kam.
pledging-refund-kept = Gebühren von { $fees }, die die Bedingungen nennen, werden nicht zurückgegeben.

pledging-move = Wer Ihre Zusage für { $campaign } einzieht
pledging-move-asked-subject = Soll jemand anderes Ihre Zusage für { $campaign } einziehen?
pledging-move-consented-subject = Ihre Zusage für { $campaign } zieht bald um
pledging-move-active-subject = Ihre Zusage für { $campaign } ist umgezogen
pledging-move-stays-subject = Ihre Zusage für { $campaign } bleibt, wo sie ist
pledging-move-asked = Jemand anderes soll sie einziehen und braucht Ihre Zustimmung. Auf dem neuen Weg wird nichts eingezogen, bevor die alte Erlaubnis geendet hat, und keine Zahlung zweimal. Öffnen Sie den Link, sehen Sie es sich an und antworten Sie dort. Er gilt einmal, bis { $until }.
pledging-move-consented = Sie haben zugestimmt, dass jemand anderes sie einzieht. Zuerst endet die alte Erlaubnis; bis dahin bleibt alles, wie es ist. Wird ihr Ende bis { $until } nicht bestätigt, ändert sich nichts. Wenn Sie nicht zugestimmt haben, beenden Sie Ihre Zusage oder sagen Sie es dem Träger.
pledging-move-active = Sie haben zugestimmt, und die alte Erlaubnis hat geendet: Ab jetzt wird auf dem neuen Weg eingezogen, zum ersten Mal am { $day }. Was auf dem alten Weg begonnen war, endet dort.
pledging-move-active-while-it-rests = Sie haben zugestimmt, und die alte Erlaubnis hat geendet: Ab jetzt wird auf dem neuen Weg eingezogen, zum ersten Mal, wenn wieder etwas fällig ist. Was auf dem alten Weg begonnen war, endet dort.
pledging-move-declined = Jemand anderes sollte sie einziehen und tut es nicht: Sie bleibt, wo sie ist.
pledging-move-expired = Jemand anderes sollte sie einziehen; das wurde nicht rechtzeitig beantwortet oder bestätigt: Sie bleibt, wo sie ist.
pledging-move-rests = wenn wieder etwas fällig ist
pledging-move-answer = Ansehen und antworten
pledging-move-or-not = Wenn Sie es nicht wollen, sagen Sie es dort, oder tun Sie nichts: Ihre Zusage bleibt, wo sie ist.
pledging-move-by-simulation = der simulierte Anbieter, für { $partner }
pledging-move-by-stripe = Stripe, für { $host }, über { $partner }

pledging-notice = Ihre Zusage für { $campaign }
pledging-notice-reminder = Erinnerung: { $subject }
pledging-notice-waits-for-you = Ihre Zusage für { $campaign } wartet auf Sie
pledging-notice-waits = Ihre Zusage für { $campaign } wartet
pledging-notice-has-lapsed = Ihre Zusage für { $campaign } ist verfallen
pledging-notice-is-cancelled = Ihre Zusage für { $campaign } ist beendet
pledging-notice-host-closes = Ihre Zusage für { $campaign } ist beendet, weil der Träger schließt
pledging-notice-needs-means = Sie wartet bis { $day } auf ein anderes Zahlungsmittel und verfällt dann. Inzwischen wird keine Zahlung versucht.
pledging-notice-needs-campaign = Ihre Kampagne nimmt kein Geld mehr an. Sie wartet bis { $day } auf eine andere Kampagne und verfällt dann. Inzwischen wird keine Zahlung versucht.
pledging-notice-needs-collector = Die Plattform oder den Zahlungsweg, über den Sie gespendet haben, gibt es nicht mehr. Ihre Zusage wartet bis { $day } und verfällt dann. Inzwischen wird keine Zahlung versucht; was Sie bisher gegeben haben, bleibt bei der Kampagne.
pledging-notice-lapsed = Sie ist verfallen: Es wird keine Zahlung mehr versucht. Sie können sie bis { $day } wieder aufleben lassen.
pledging-notice-cancelled = Sie ist beendet. Es wird nichts mehr eingezogen; was sie bisher gebracht hat, bleibt bei der Kampagne.
pledging-notice-closes = Der Träger der Kampagne schließt: Ihre Zusage ist beendet, und seit { $day } wird nichts mehr eingezogen. Eine Zahlung, die unterwegs war, kann noch durchgehen. Was von Ihrem Geld nicht gebraucht wird, geht an Sie zurück, oder Sie werden gefragt, wohin es gehen soll; es wird niemand anderem gehören.

pledging-waits = Ihr Geld wartet auf Ihr Wort
pledging-waits-subject = { $amount } für { $campaign } warten auf Ihr Wort
pledging-waits-yours = Es wurde nicht gebraucht, und Sie entscheiden darüber.
pledging-waits-as-over = Die Kampagne ist vorbei. Sie können es zurückbekommen oder einer anderen Kampagne geben.
pledging-waits-as-idle = Von ihren Mitteln ist seit { $months ->
    [one] einem Monat
   *[other] { $months } Monaten
} nichts in Arbeit gegangen. Sie können es zurückbekommen oder einer anderen Kampagne geben.
pledging-waits-as-host-closes = Der Träger der Kampagne schließt. Er schlägt vor, Ihr Geld zu { $proposed } zu geben: Sie können zustimmen, eine andere Kampagne wählen oder es zurückbekommen.
pledging-waits-decide = Darüber entscheiden
pledging-waits-on = Es wartet auf Ihr Wort, so lange Sie wollen, und wird nie jemand anderem gehören.
pledging-waits-until = Ohne Ihr Wort geht es nach dem { $until } an Sie zurück und wird nie jemand anderem gehören.
pledging-waits-link = Der Link gilt 30 Tage und lässt Sie umwidmen oder beenden: Behalten Sie ihn für sich; wer Ihre Zahlungen annimmt, gibt Ihnen einen neuen.

pledging-held = Ihre Zahlungen warten
pledging-held-subject = Ihre Zahlungen für { $campaign } warten
pledging-held-what = Wer sie annimmt, dessen Geld ist zurzeit gesperrt, und bis das vorbei ist, wird nichts von Ihnen eingezogen. Sie müssen nichts tun. Wenn es weitergeht, wird für die Zeit dazwischen höchstens eine Zahlung eingezogen.
pledging-held-see = Ansehen, was Sie gegeben haben
pledging-held-link = Der Link gilt 30 Tage und lässt Sie ändern oder beenden: Behalten Sie ihn für sich.

pledging-frozen = Was { $custodian } verwahrt, ist gesperrt
pledging-frozen-subject = Was { $custodian } für { $book } verwahrt, ist gesperrt
pledging-frozen-what = Zahlungen, die dort angenommen würden, Geld, das weitergegeben würde, Erstattungen und Freigaben von dort verwahrtem Geld warten. Was andere verwahren, geht weiter. Nichts verfällt, und nichts geht verloren, so lange es auch dauert.
pledging-frozen-then = Heben Sie die Sperre auf, wenn das Geld wieder frei ist: Was gewartet hat, geht von selbst weiter. Solange sie besteht, kommt diese E-Mail alle 30 Tage.

pledging-cards = Jemand probiert anscheinend Karten über { $partner }
pledging-cards-what = Zahlungen von einer Adresse, mit einer Karte oder zu einer Zusage kamen öfter, als Menschen spenden, oder die meisten davon wurden abgelehnt.
pledging-cards-mend = Solche Zusagen werden abgelehnt, und kein Anbieter wird gefragt, solange es andauert. Stellen Sie vor das Formular Ihrer Plattform eine Prüfung, an der Programme scheitern, und sehen Sie nach, wer von dort gespendet hat. Solange es andauert, kommt diese E-Mail einmal in der Stunde.

pledging-chargeback = Eine Zahlung wurde zurückgeholt
pledging-chargeback-subject = Eine Zahlung von { $amount } wurde zurückgeholt: { $campaign }
pledging-chargeback-open = Die Bank von jemandem, der gespendet hat, hat sie zurückgeholt, und der Anbieter entscheidet. Belege zählen bis { $until }. Was von der Zusage in den Mitteln ist, wird bis dahin zurückgehalten.
pledging-chargeback-won = Sie ist gewonnen: Der Anbieter hat das Geld zurückgegeben.
pledging-chargeback-lost-unborne = Sie ist verloren, und die Rücklage reicht nicht. Füllen Sie die Rücklage auf, und sie ist sofort getragen.
pledging-chargeback-lost = Sie ist verloren und getragen: Die Schnittstelle des Dienstes zeigt, von wem.
