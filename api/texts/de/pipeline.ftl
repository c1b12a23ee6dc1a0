# Die Tafel der Produkte eines Buchs.
pipeline-title = { $host }: { $products ->
        [one] 1 Produkt
       *[other] { $products } Produkte
    }
pipeline-heading = Was { $host } entwickelt
pipeline-as-of = Stand { $day }. { $products ->
        [one] 1 Produkt
       *[other] { $products } Produkte
    } in vier Stufen.
pipeline-forecast = So { $products ->
        [one] ist 1 Produkt
       *[other] sind { $products } Produkte
    } bis zum { $day } bezahlt.
pipeline-forecast-how = { $collected } gingen in diesem Jahr ein, { $month } kommen im Monat; eines kostet { $cost }. { $over } blieben übrig.
pipeline-weekly = Ein Produkt in der Woche bräuchte { $amount } im Monat.
pipeline-design = Entwurf
pipeline-design-means = Es wird entworfen.
pipeline-facility = Werkstatt
pipeline-facility-means = Gebaut wird, was man braucht, um es herzustellen.
pipeline-optimise = Verbesserung
pipeline-optimise-means = Es wird besser und billiger.
pipeline-market = Markt
pipeline-market-means = Es wird verkauft und bezahlt, was als Nächstes kommt.
pipeline-asks-for = Die nächste Stufe verlangt: { $kinds }.
pipeline-nothing = Zurzeit ist nichts da.
pipeline-product = Produkt
pipeline-cost = Soll kosten
pipeline-has = Beiseite oder freigegeben
pipeline-since = Seit { $day }.
pipeline-lacks = Es fehlen { $amount }.
pipeline-milestone = Meilenstein { $number }
pipeline-assumed = Angenommen, nicht gemessen: { $percent } % billiger als das, was man sonst kauft, auf Ebene { $level }.
pipeline-assumed-price = Das sind { $price } statt { $benchmark }.
pipeline-stopped = Beendet
pipeline-stopped-on = eingestellt am { $day }. { $reason }
pipeline-programs = Für Programme: diese Seite als <json>JSON</json> oder <csv>CSV</csv>. Im <book>Buch</book> steht jede Buchung.
pipeline-design-files = Entwurfsdateien
pipeline-bill-of-materials = eine Stückliste
pipeline-build-instructions = eine Bauanleitung
pipeline-test-report = ein Prüfbericht
pipeline-licence = eine Lizenz
pipeline-enterprise-plan = ein Plan für einen Betrieb
pipeline-other = etwas anderes
