# Was in einem Buch berichtigt wurde.
corrections-title-nothing = Was in { $name } berichtigt wurde: nichts
corrections-title = Was in { $name } berichtigt wurde: { $count }
corrections-title-more = Was in { $name } berichtigt wurde: { $count } und mehr
corrections-heading = Was berichtigt wurde
corrections-what = Keine Buchung wird je geändert oder gelöscht: Auf Falsches antwortet eine weitere Buchung, und beide bleiben stehen.
corrections-missed = Ziele, die verfehlt wurden
corrections-missed-what = Was diese Kampagnen brauchten, kam nicht zusammen: Was kam, können die Spendenden zurücknehmen oder umwidmen.
corrections-others = Auszahlungen, Buchungen und Einreichungen
corrections-late =
    { $count ->
        [one] <strong>{ $count } Auszahlung müsste die Bank inzwischen verlassen haben</strong> und hat es nicht: Sie wurde am { $day } gesendet.
       *[other] <strong>{ $count } Auszahlungen müssten die Bank inzwischen verlassen haben</strong> und haben es nicht: Die erste wurde am { $day } gesendet.
    }
corrections-none-late = Keine Auszahlung ist verspätet.
corrections-day = Tag
corrections-wrong = Was falsch war und was getan wurde
corrections-amount = Betrag
corrections-entry-wrong = Buchung { $entry } war falsch
corrections-entry-reversed = Buchung { $entry } hat sie storniert: Sie ist deren genaues Spiegelbild
corrections-distribution-wrong = Die Verteilung des Zeitraums vom { $from } bis zum { $to } war falsch
corrections-distribution-back = Buchung { $entry } hat sie ganz zurückgenommen
corrections-claim-revoked = Eine Einreichung zum Meilenstein { $milestone } wurde widerrufen, nachdem ihr Geld freigegeben war
corrections-claim-back = Was nicht ausgezahlt war, kam zu den Mitteln der Kampagne zurück; den Rest schuldet das Team
corrections-why = Warum: { $reason }
corrections-entries = <reversed>Buchung { $reversed }</reversed> und <entry>Buchung { $entry }</entry>
corrections-entry = Buchung { $entry }
corrections-nothing = Noch musste nichts berichtigt werden.
corrections-older = Ältere
corrections-twins = Für Programme: diese Seite als <json>JSON</json>, <csv>CSV</csv> oder <feed>Feed</feed>.
