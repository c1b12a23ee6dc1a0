# Was an Partner gesendet wird.
partners-stopped = An einen Endpunkt von { $partner } wird nichts mehr gesendet
partners-stopped-why = Der Grund: { $why }.
partners-stopped-gone = Er hat 410 geantwortet und damit gesagt, dass er nichts mehr will
partners-stopped-failing = Seit fünf Tagen hat er nichts angenommen, was an ihn gesendet wurde
partners-stopped-mend = Was geschieht, wird 90 Tage für ihn aufgehoben. Bringen Sie in Ordnung, was es empfängt, und machen Sie ihn mit PATCH /v1/webhook-endpoints/{ $endpoint } und dem Zustand active wieder tätig: Er geht dort weiter, wo er aufgehört hat. Bis dahin hat GET /v1/events alles.
