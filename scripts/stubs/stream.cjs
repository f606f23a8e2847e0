// The userland copy of Node's streams that the MQTT client brings is the same code: Node's own serves (decision 0005).
module.exports = require('node:stream');
