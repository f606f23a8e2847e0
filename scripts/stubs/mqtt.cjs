// The MQTT client alone: the package's entry loads WebSocket, proxy and store support as well (decision 0005).
exports.MqttClient = require('../../node_modules/mqtt/build/lib/client.js').default;
