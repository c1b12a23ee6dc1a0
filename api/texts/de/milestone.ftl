# Die Seite eines Meilensteins.
milestone-title = { $name }: { $released } von { $amount } freigegeben
milestone-of = Ein Meilenstein von <campaign>{ $campaign }</campaign>, für { $team }. Stand: { $day }.
milestone-of-joined = Ein Meilenstein von <campaign>{ $campaign }</campaign>, für { $team } (<join>fragen, ob Sie dazukommen dürfen</join>). Stand: { $day }.
milestone-donors = { $donors } Spendende
milestone-few = weniger als fünf Spendende
milestone-entry = Buchung { $number }
milestone-on-what-claimed = Worauf hin er eingereicht wurde
milestone-on-what-released = Worauf hin er freigegeben wurde
milestone-approved-by = { $amount } am { $day }, durch { $by }
milestone-approval = Eine Prüferin oder ein Prüfer ({ $role }) hat es am { $day } bewilligt, als <span class="quiet">{ $sha256 }</span>
milestone-licence = , unter { $licence }
milestone-gate = Eine Einreichung muss { $what } mitbringen.
milestone-struck = { $amount }, da Einsprüche berechtigt waren
milestone-set-off = { $amount } davon hat bezahlt, was das Team schuldete
milestone-dispute = { $state }, bis { $day }
milestone-how-far-its-money-has = Wie weit das Geld ist
milestone-station = Station
milestone-amount = Betrag
milestone-that-is = Das heißt
milestone-not-shown = nicht gezeigt
milestone-what-was-released-and-whose = Was freigegeben wurde, und wessen Geld es war
milestone-on = Am
milestone-of-whom-and-the-entry = Von wem, und die Buchung dazu
milestone-a-claim-is-what-the = Eine Einreichung ist, was das Team getan zu haben sagt, mit seinen Belegen. Ihr SHA-256 umfasst alles davon: Wer sie bewilligt, nennt ihn, und eine Bewilligung fällt weg, wenn etwas geändert wird.
milestone-claim = Einreichung { $number }
milestone-approved = Bewilligt
milestone-released = Freigegeben
milestone-under-dispute = Unter Einspruch
milestone-taken-off = Abgezogen
milestone-dispute-of = Einspruch vom
milestone-state = Stand
milestone-how-it-is-decided = Wie entschieden wird
milestone-for-programs-this-page-as = Für Programme: diese Seite als <json>JSON</json> oder <csv>CSV</csv>; der <milestone>Meilenstein</milestone> durch die API.
milestone-picture = { $released } von { $amount } sind freigegeben
milestone-station-planned = Geplant
milestone-station-planned-means = was er insgesamt zahlt
milestone-station-aside = Zurückgelegt
milestone-station-aside-means = vom Geld der Kampagne, für ihn allein
milestone-station-claimed = Eingereicht
milestone-station-claimed-means = was sein Team getan zu haben sagt; gezeigt, wenn entschieden ist
milestone-station-released = Freigegeben
milestone-station-released-means = bewilligt, und dem Team geschuldet oder gezahlt
milestone-rule-reviewers = { $count ->
        [one] Eine Prüferin oder ein Prüfer bewilligt
       *[other] { $count } Prüferinnen und Prüfer bewilligen
    } eine Einreichung, niemand davon aus dem Team oder mit ihm verbunden.
milestone-rule-silence-release = Wenn niemand innerhalb von { $days ->
        [one] eines Tages
       *[other] { $days } Tagen
    } entscheidet, gilt sie als bewilligt.
milestone-rule-silence-escalate = Wenn niemand innerhalb von { $days ->
        [one] eines Tages
       *[other] { $days } Tagen
    } entscheidet, werden die Eigentümer des Trägers gefragt.
milestone-rule-objection = Wer betroffen ist, kann innerhalb von { $days ->
        [one] eines Tages
       *[other] { $days } Tagen
    } nach der Bewilligung Einspruch erheben; dann wird das Geld freigegeben.
milestone-rule-threshold = Über { $amount } sind, wer fragt, wer bewilligt und wer zahlt, drei Menschen.
milestone-gate-licence = eine Lizenz
milestone-gate-design = Konstruktionsdateien
milestone-gate-plan = einen Unternehmensplan
milestone-is-planned = geplant, noch ohne Geld
milestone-is-funded = sein Geld ist zurückgelegt
milestone-is-claimed = sein Team sagt, dass er getan ist
milestone-is-partly = ein Teil ist freigegeben
milestone-is-released = freigegeben
milestone-is-cancelled = aufgegeben
milestone-stands-planned = Er ist geplant. Noch ist kein Geld für ihn zurückgelegt.
milestone-stands-funded = Sein ganzer Betrag ist zurückgelegt. Sein Team kann ihn einreichen, wenn er getan ist.
milestone-stands-partly = Ein Teil ist freigegeben. Der Rest bleibt für eine weitere Einreichung des Teams zurückgelegt.
milestone-stands-released = Alles ist freigegeben.
milestone-stands-cancelled = Er wurde aufgegeben: { $reason }
milestone-claim-draft = Das Team schreibt eine Einreichung.
milestone-claim-escalated = Niemand hat rechtzeitig entschieden. Die Eigentümer des Trägers werden gefragt: Wenn sie nicht bis { $day } entscheiden, verfällt sie.
milestone-claim-submitted = Das Team sagt, dass er getan ist. Die Prüfung entscheidet bis { $day }.
milestone-claim-changes = Die Prüfung hat Änderungen verlangt: Das Team hat bis { $day } Zeit.
milestone-claim-approved = Sie ist bewilligt. Wer betroffen ist, kann bis { $day } Einspruch erheben; dann wird das Geld freigegeben.
milestone-claim-disputed = Ein Teil davon ist unter Einspruch und wird zurückgehalten, bis das vorbei ist.
milestone-claim-rejected = Sie wurde abgelehnt.
milestone-claim-payable = Ihr Geld ist freigegeben und dem Team geschuldet.
milestone-claim-paid = Ihr Geld ist freigegeben und ausgezahlt.
milestone-claim-revoked = Sie wurde widerrufen: { $reason }
milestone-claim-expired = Niemand hat rechtzeitig entschieden, und sie ist verfallen.
milestone-by-reviewers = ihre Prüfung
milestone-by-silence = Schweigen: Niemand hat rechtzeitig entschieden
milestone-evidence-design = Konstruktionsdateien
milestone-evidence-materials = Stückliste
milestone-evidence-instructions = Bauanleitung
milestone-evidence-test = Prüfbericht
milestone-evidence-licence = Lizenz
milestone-evidence-plan = Unternehmensplan
milestone-evidence-photo = Foto
milestone-evidence-video = Video
milestone-evidence-other = Anderes
