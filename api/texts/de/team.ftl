# Die Arbeitsplätze eines Teams: seine Meilensteine und Einreichungen.
team-milestones-of-your-teams = Meilensteine Ihrer Teams
team-a-milestone-is-a-part = Ein Meilenstein ist ein Teil der Arbeit einer Kampagne, mit dem Geld, das für ihn zurückgelegt ist. Ein Team reicht ihn ein, wenn die Arbeit getan ist.
team-no-team-of-yours-has = Keines Ihrer Teams hat einen Meilenstein.
team-not-released = { $left } nicht freigegeben
team-older-ones = Ältere
team-claim-title = { $left } von { $name } einreichen
team-pays = Zahlt
team-pays-of = { $amount }, davon { $left } nicht freigegeben
team-what-it-asks-for = Was er verlangt
team-is-there = ✓ { $kind }: ist im Entwurf
team-is-missing = ✗ { $kind }: fehlt
team-without-these-no-claim-is = Ohne diese wird keine Einreichung angenommen. Eine Lizenz braucht ihre Kennung aus der SPDX-Liste.
team-your-draft-is-saved = Ihr Entwurf ist gespeichert
team-submit = { $amount } einreichen
team-change-the-draft = Entwurf ändern
team-write-a-claim = Eine Einreichung schreiben
team-takes-no-claims = Er ist abgesagt und nimmt keine Einreichungen mehr an.
team-nothing-left = Es bleibt nichts einzureichen: alles, was er zahlt, ist freigegeben.
team-amount-that-you-claim = Betrag, den Sie einreichen
team-in-currency = In { $currency }: { $left }, oder ein Teil davon.
team-each-piece = Jeder Beleg ist eine Datei von Ihrem Rechner, von höchstens { $mib } MiB, oder ein Link dorthin, wo er veröffentlicht ist, mit dem SHA-256 dessen, was dort steht. Zeilen, die Sie leer lassen, zählen nicht.
team-piece = Beleg { $number }
team-what-it-is = Was es ist
team-title = Titel
team-licence-such-as-cern-ohl = Lizenz, etwa CERN-OHL-S-2.0
team-its-file-is-kept-here = Seine Datei liegt hier.
team-link = Link
team-sha-256-of-what-stands = SHA-256 dessen, was dort steht
team-a-file-in-its-place = Stattdessen eine Datei
team-or-a-file = Oder eine Datei
team-take-this-piece-out = Diesen Beleg herausnehmen
team-saving-asks-nobody-for-money = Speichern bittet niemanden um Geld: Der Entwurf bleibt bei Ihrem Team, bis Sie ihn einreichen.
team-save-the-draft = Entwurf speichern
team-claims-of-this-milestone = Einreichungen zu diesem Meilenstein
team-draft-claims-nothing = Er reicht <strong>{ $amount }</strong> ein, ohne Belege
team-draft-claims = Er reicht <strong>{ $amount }</strong> ein, mit diesen Belegen:
team-effect = Mit dem Einreichen bitten Sie die Prüferinnen und Prüfer von { $host } um { $amount }. Sie haben { $review ->
        [one] einen Tag
       *[other] { $review } Tage
    } Zeit; danach kann { $objection ->
        [one] einen Tag
       *[other] { $objection } Tage
    } lang Einspruch erhoben werden, bevor das Geld freigegeben wird.
team-no-such-row = keine solche Zeile
team-file-kinds = eine Datei, deren Name auf .pdf, .zip, .jpg, .png, .3mf, .step, .stl, .csv oder .txt endet
team-file-empty = die Datei ist leer
