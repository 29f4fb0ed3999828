// usage: chat.mjs URL TOKEN CONVERSATION — sends one message, prints the ack and the event, closes.
import WebSocket from "ws";

const [url, token, conversation] = process.argv.slice(2);
const socket = new WebSocket(url, ["bearer", token]);
const seen = {};
socket.on("message", (text) => {
  const frame = JSON.parse(text);
  if (frame.type === "hello") {
    const data = { conversation_id: conversation, type: "text", content: { text: "from npm ws" } };
    socket.send(JSON.stringify({ type: "send_message", id: "a", data }));
  }
  seen[frame.type] = frame;
  if (seen.ack && seen["message.created"]) {
    console.log(JSON.stringify(seen));
    socket.close(1000);
  }
});
socket.on("close", (code) => process.exit(code === 1000 ? 0 : 1));
socket.on("error", (error) => {
  console.error(error);
  process.exit(1);
});
