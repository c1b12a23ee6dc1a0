# Die Arbeitsplätze, an denen ein Träger Kampagnen, Preisausschreiben und Meilensteine anlegt.
host-offers = Was { $name } anbietet
host-title = { $campaigns ->
        [one] 1 Kampagne
       *[other] { $campaigns } Kampagnen
    }, { $challenges } Preisausschreiben und { $milestones ->
        [one] 1 Meilenstein
       *[other] { $milestones } Meilensteine
    } in { $name }
host-campaigns = Kampagnen
host-challenges = Preisausschreiben
host-milestones = Meilensteine
host-none-yet = Noch nichts.
host-make-campaign = Eine anlegen: <monthly>monatliche Produktentwicklung</monthly>, oder <machine>eine Maschine, alles oder nichts</machine>.
host-make-challenge = Eines anlegen: <drill>ein Preis für einen offenen Akkubohrer</drill>, oder <small>ein kleiner Preis</small>.
host-a-milestone-draws-on-a = Ein Meilenstein wird aus einer Kampagne bezahlt: Legen Sie zuerst eine an.
host-plan-milestone = Einen planen: <prototype>ein Prototyp mit drei Prüfenden</prototype>, oder <documents>Unterlagen, nach denen andere bauen können</documents>.
host-asks-monthly = { $amount } im Monat
host-asks-all = { $amount } bis { $day }, oder nichts
host-asks-keeps = { $amount } bis { $day }, oder was kommt
host-asks-what-comes = was bis { $day } kommt
host-asks-minimum = mindestens { $minimum } und bestenfalls { $optimum } bis { $day }
host-state = { $state ->
        [draft] Entwurf
        [live] läuft
        [suspended] angehalten
        [collecting] zieht noch ein
        [successful] erfolgreich
        [failed] nicht erfolgreich
        [closed] vorbei
        [funding] Preisgeld wird gefüllt
        [announced] angekündigt
        [open] offen
        [extended] verlängert
        [judging] wird bewertet
        [provisional] vorläufig
        [awarded] vergeben
        [cancelled] aufgegeben
        [no_award] niemand hat gewonnen
       *[other] { $state }
    }
host-made-campaign = Die Kampagne ist jetzt ein Entwurf.
host-made-challenge = Das Preisausschreiben ist jetzt ein Entwurf.
host-made-milestone = Der Meilenstein ist jetzt geplant.
host-new-campaign = Eine neue Kampagne in { $name }
host-field-title = Titel
host-name-in-addresses-which-never = Name in Adressen, der sich nie ändert
host-what-it-is-about = Worum es geht
host-create-it = Anlegen
host-what-it-asks-for = Worum sie bittet
host-goal = Ziel
host-in = In { $currency }.
host-last-day-such-as-2031 = Letzter Tag, etwa 2031-03-31; keiner bei einem monatlichen Ziel
host-terms-that-donors-agree-to = Bedingungen, denen Spendende zustimmen
host-terms = Ihr Geld bezahlt, was auf dieser Seite steht, und nichts anderes. Was nicht ausgegeben wird, bleibt zweckgebunden; Sie dürfen es umwidmen, und es verfällt nie.
host-kind-recurring = ein Ziel für jeden Monat, ohne Ende
host-kind-all = ein Ziel bis zu einem letzten Tag; was es verfehlt, geht zurück
host-kind-keep = so viel, wie bis zu einem letzten Tag kommt
host-monthly-summary = Jeder Monat bezahlt Arbeit an Maschinen, die alle bauen dürfen.
host-monthly-title = Monatliche Produktentwicklung
host-machine-summary = Eine Maschine, von den Zeichnungen bis zu den Prüfungen.
host-machine-title = Eine offene Maschine
host-effect-recurring = Damit entsteht ein Entwurf, der um { $amount } im Monat bittet; niemand kann spenden, bis er veröffentlicht ist.
host-effect-all = Damit entsteht ein Entwurf, der um { $amount } bis { $day } bittet und zurückgibt, was kommt, wenn das Ziel verfehlt wird; niemand kann spenden, bis er veröffentlicht ist.
host-effect-keep = Damit entsteht ein Entwurf, der auf { $amount } bis { $day } hofft und behält, was kommt; niemand kann spenden, bis er veröffentlicht ist.
host-choose-kind = wählen Sie, worum sie bittet
host-new-milestone = Ein neuer Meilenstein in { $name }
host-no-campaign = Ein Meilenstein wird aus einer Kampagne bezahlt, und noch gibt es keine.
host-campaign-on-which-it-draws = Kampagne, aus der er bezahlt wird
host-campaign-in = { $title }, in { $currency }
host-organisation-that-does-the-work = Organisation, die die Arbeit tut, mit ihrer Kennung wie org_…
host-name = Name
host-what-must-be-done = Was getan werden muss
host-what-it-pays-in-all = Was er insgesamt zahlt
host-without-this-no-claim-is = Ohne dies wird keine Einreichung angenommen
host-when-nobody-decides-in-time = Wenn niemand rechtzeitig entscheidet, entscheiden die Eigentümer des Trägers.
host-gate-licence = eine Lizenz, mit ihrer SPDX-Kennung
host-gate-design = Konstruktionsdateien
host-gate-plan = ein Unternehmensplan
host-reviewers-needed = Wie viele Prüferinnen und Prüfer bewilligen müssen
host-review-days = Tage, in denen sie entscheiden
host-objection-days = Tage von der Bewilligung bis zur Freigabe, für Einsprüche
host-prototype-name = Prototyp
host-prototype-what = Eine Maschine, die funktioniert, mit ihren Zeichnungen und einem Bericht ihrer Prüfungen.
host-documents-name = Unterlagen zum Nachbauen
host-documents-what = Zeichnungen, eine Stückliste und eine Anleitung, nach denen andere sie gebaut haben.
host-choose-campaign = wählen Sie die Kampagne, aus der er bezahlt wird
host-effect-milestone = Damit sind { $amount } von { $title } für sein Team geplant; nichts ist zurückgelegt, bis er finanziert ist.
host-new-challenge = Ein neues Preisausschreiben in { $name }
host-purse = Preisgeld
host-purse-in = In { $currency }. Die Preise ergeben es zusammen.
host-prizes-by-places-one-after = Preise, nach Plätzen der Reihe nach
host-prizes = Preise { $number }
host-what-they-are-called = Wie sie heißen
host-what-each-pays = Was jeder zahlt
host-how-many-there-are = Wie viele es sind
host-what-judges-look-at = Worauf die Jury achtet
host-criterion = Kriterium { $number }
host-what-it-asks = Wonach es fragt
host-how-much-it-counts-beside = Wie viel es neben den anderen zählt
host-without-this-nothing-is-judged = Ohne dies wird nichts bewertet
host-how-many-judges-score-each = Wie viele aus der Jury jeden Beitrag bewerten
host-licences-by-their-spdx-identifiers = Lizenzen mit ihren SPDX-Kennungen, durch Kommas getrennt
host-how-long-everything-takes = Wie lange alles dauert
host-agrees-to = Worauf sich alle einlassen
host-who-may-enter = Wer teilnehmen darf
host-field-terms = Bedingungen
host-what-nobody-wins = Was niemand gewinnt
host-goes-back-to-its-sponsors = geht an die Stifter zurück
host-goes-into-the-next-challenge = geht in das nächste Preisausschreiben, einmal
host-funding-days = Tage, um das Preisgeld zu füllen
host-announced-days = Tage von der Ankündigung bis zur Eröffnung
host-submission-days = Tage für Beiträge
host-judging-days = Tage für die Bewertung
host-appeal-days = Tage für Einsprüche
host-grand-prize = Hauptpreis
host-second-prize = Zweiter Preis
host-third-prizes = Dritte Preise
host-tested-designs = Geprüfte Entwürfe
host-first-prize = Erster Preis
host-drill-title = Ein offener Akkubohrer
host-drill-summary = Ein Bohrer, den alle bauen und reparieren dürfen, mit veröffentlichten Zeichnungen, Teilen und Prüfungen.
host-small-title = Eine kleine offene Maschine
host-small-summary = Eine kleine Maschine, die alle bauen und reparieren dürfen.
host-challenge-terms = Alle eingereichte Arbeit wird unter einer der hier genannten Lizenzen veröffentlicht.
host-any-team = Jedes Team darf teilnehmen.
host-how-works = Wie gut es funktioniert
host-how-repaired = Wie es repariert wird
host-how-documented = Wie es dokumentiert ist
host-effect-challenge = Damit entsteht ein Entwurf mit einem Preisgeld von { $purse } für { $count ->
        [one] einen Preis
       *[other] { $count } Preise
    }; niemand wird um Geld gebeten, bis er veröffentlicht ist.
host-calls = Aufrufe an Teams
host-make-call = Teams um Bewerbungen bitten: <prototype>für einen Prototyp</prototype>, oder <documents>für Unterlagen, nach denen andere bauen können</documents>.
host-made-call = Der Aufruf ist jetzt offen.
host-new-call = Ein neuer Aufruf in { $name }
host-call-is = Ein Aufruf bittet Teams, sich um ein Stück Arbeit zu bewerben. Das Team, das Sie annehmen, bekommt einen Meilenstein.
host-call-no-campaign = Sein Meilenstein wird aus einer Kampagne bezahlt, und noch gibt es keine.
host-call-campaign = Kampagne, aus der sein Meilenstein bezahlt wird
host-call-until = Letzter Tag, an dem sich Teams bewerben
host-call-silence = Wenn niemand rechtzeitig über eine Einreichung entscheidet, entscheiden die Eigentümer des Trägers.
host-effect-call = Damit werden Teams gebeten, sich bis { $day } um { $amount } von { $title } zu bewerben; zurückgelegt wird nichts. Das Team, das Sie nach diesem Tag annehmen, bekommt einen Meilenstein.
