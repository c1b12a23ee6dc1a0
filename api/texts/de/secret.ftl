# Ein Geheimnis eines Partners, einmal gezeigt.
secret-of-credential = Das Geheimnis der Zugangsdaten
secret-of-endpoint = Das Geheimnis des Endpunkts
secret-before = <strong>Schon getan.</strong> Dieses Formular wurde schon gesendet, und sein Geheimnis wurde da gezeigt. Es wird nur einmal gezeigt: Wenn niemand es hat, machen Sie ein anderes.
secret-done = <strong>Getan.</strong> Nur dieses eine Mal wird das Geheimnis gezeigt. Bewahren Sie es dort auf, wo Ihr Programm es findet und sonst niemand.
secret-id = Kennung
secret-secret = Geheimnis
secret-go-on = Weiter
secret-how-long = wählen Sie, wie lange das jetzige Geheimnis noch gilt
