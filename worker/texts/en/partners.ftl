# What is sent to partners.
partners-stopped = Nothing more is sent to a webhook endpoint of { $partner }
partners-stopped-why = The reason: { $why }.
partners-stopped-gone = it answered 410, by which it says that it wants nothing more
partners-stopped-failing = for five days it has taken nothing that was sent to it
partners-stopped-mend = What happens is kept for it for 90 days. Mend what receives it and make it active again, by PATCH /v1/webhook-endpoints/{ $endpoint } with the state active: it goes on where it stopped. Until then GET /v1/events has everything.
